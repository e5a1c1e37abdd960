"""``kerndata draft``: an example file in, the source YAML of its delivery out, with every doubt as a comment."""

from kerndata.steward.draft.draft import Draft, draft_of

__all__ = ["Draft", "draft_of"]
