"""What the exchange adds to a province's own file when it gives that file back with its findings marked.

A steward corrects that copy and delivers it again: reading skips the sheet, harmonising ignores the columns.
"""

OWN_SHEET = "Bevindingen"
OWN_COLUMNS = ("kerndata_oordeel", "kerndata_redenen")
