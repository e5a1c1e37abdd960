"""What all tables of the ledger share: the types of their columns and how constraints are named."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, DateTime, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase

type_names = {str: Text, datetime: DateTime(timezone=True), bytes: LargeBinary, UUID: Uuid}


class Base(DeclarativeBase):
    """Common base; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = type_names | {dict[str, Any]: JSON, list[dict[str, Any]]: JSON}
