"""The assets that Dags hand to each other, and the schedules made from them. Assets are nouns, Dags are verbs."""

from airflow.sdk import (
    Asset,
    AssetAlias,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    FixedKeyMapper,
    MinimumCount,
    PartitionedAssetTimetable,
    RollupMapper,
    SegmentWindow,
)

from kerndata.contracts.code_lists import provinces

ACCEPTED_SUBMISSIONS = Asset(name="accepted_submissions", uri="kerndata://accepted-submissions")
CORE_DATASET = Asset(name="kerndataset", uri="kerndata://kerndataset")
URGENT_NOTICES = Asset(name="urgent_notices", uri="kerndata://urgent-notices")
# A landing emits it only when there is one: an outlet that is an asset itself would wake the delivery every time.
MAY_BE_URGENT = AssetAlias("may_be_urgent_notices")

PROVINCES_THAT_MAY_BE_LATE = 2


def every_minute_and_when_urgent() -> AssetOrTimeSchedule:
    """Every minute, and at once when a landing left a notice or a case that may not wait for the next minute."""
    return AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("* * * * *", timezone="Europe/Amsterdam"), assets=[URGENT_NOTICES]
    )


def when_nearly_all_provinces_delivered() -> PartitionedAssetTimetable:
    """One run when at most two of the twelve provinces have had nothing accepted since the last such run."""
    every_province = SegmentWindow([province.slug for province in provinces()])
    return PartitionedAssetTimetable(
        assets=ACCEPTED_SUBMISSIONS,
        default_partition_mapper=RollupMapper(
            upstream_mapper=FixedKeyMapper("nederland"),
            window=every_province,
            wait_policy=MinimumCount(-PROVINCES_THAT_MAY_BE_LATE),
        ),
    )
