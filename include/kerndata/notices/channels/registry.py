"""Which module sends which channel's messages."""

from kerndata.notices.channels import Send, cloudevents, mail, taxii

CHANNELS: dict[str, Send] = {"cloudevents": cloudevents.send, "taxii": taxii.send, "mail": mail.send}
