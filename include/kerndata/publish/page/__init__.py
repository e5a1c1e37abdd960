"""The public page of a release: static, in Dutch and English, with everything it needs beside it."""

from kerndata.publish.page.render import FRONT, PAGES, pages

__all__ = ["FRONT", "PAGES", "pages"]
