"""The building blocks: objects in S3 as OpenLineage datasets, with the columns they have and where those come from.

Names follow OpenLineage's naming rules: namespace ``s3://<bucket>``, name is the key. A key holds hashes, ids and
slugs, never a name that a province gave, so an event says nothing about what is in a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    OutputDatasetFacet,
    column_lineage_dataset,
    dataset_version_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

from kerndata.contracts.contract import load_contract

_Counted = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
InputField = column_lineage_dataset.InputField
Origins = Mapping[str, Sequence[InputField]]
IDENTITY, CHANGED, SUMMED = "IDENTITY", "TRANSFORMATION", "AGGREGATION"


@dataclass
class Flow:
    """What one step read and wrote."""

    inputs: list[InputDataset] = field(default_factory=list)
    outputs: list[OutputDataset] = field(default_factory=list)

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(self.inputs + other.inputs, self.outputs + other.outputs)


def read(bucket: str, key: str, version: str) -> InputDataset:
    """Make an object that was read; ``version`` is its hash, or whatever says which content it had."""
    return InputDataset(f"s3://{bucket}", key, facets={"version": _version(version)})


def written(
    bucket: str, key: str, version: str, columns: Iterable[tuple[str, str]], origins: Origins, rows: int | None = None
) -> OutputDataset:
    """Make an object that was written: ``columns`` are name and type, ``origins`` where each comes from."""
    fields = [schema_dataset.SchemaDatasetFacetFields(name=name, type=kind) for name, kind in columns]
    traced = {name: column_lineage_dataset.Fields(inputFields=list(found)) for name, found in origins.items() if found}
    facets = {"version": _version(version), "schema": schema_dataset.SchemaDatasetFacet(fields=fields)}
    if traced:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(fields=traced)
    counted: dict[str, OutputDatasetFacet] = {} if rows is None else {"outputStatistics": _Counted(rowCount=rows)}
    return OutputDataset(f"s3://{bucket}", key, facets=facets, outputFacets=counted)


def origin(bucket: str, key: str, column: str, how: str) -> InputField:
    """Make one origin of a column; ``how``: the same value, one made from it, or a sum over it."""
    direct = column_lineage_dataset.Transformation(type="DIRECT", subtype=how)
    return InputField(f"s3://{bucket}", key, column, [direct])


def contract_columns(dataset: str) -> list[tuple[str, str]]:
    """Return name and type of every column of a dataset's contract."""
    return [(one.name, one.type) for one in load_contract(dataset).columns]


def _version(text: str) -> dataset_version_dataset.DatasetVersionDatasetFacet:
    return dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=text)
