"""The assets that Dags hand to each other, and the schedules made from them. Assets are nouns, Dags are verbs."""

from airflow.sdk import Asset, FixedKeyMapper, MinimumCount, PartitionedAssetTimetable, RollupMapper, SegmentWindow

from kerndata.contracts.code_lists import provinces

ACCEPTED_SUBMISSIONS = Asset(name="accepted_submissions", uri="kerndata://accepted-submissions")
CORE_DATASET = Asset(name="kerndataset", uri="kerndata://kerndataset")

PROVINCES_THAT_MAY_BE_LATE = 2


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
