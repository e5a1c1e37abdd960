"""Which module sends which channel's messages."""

from kerndata.notices.channels import Send, cloudevents, mail, sdg_pdc, sdg_statistics, taxii, webhook

CHANNELS: dict[str, Send] = {
    "cloudevents": cloudevents.send,
    "webhook": webhook.send,
    "sdg_pdc": sdg_pdc.send,
    "sdg_statistics": sdg_statistics.send,
    "taxii": taxii.send,
    "mail": mail.send,
}
