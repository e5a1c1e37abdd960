"""Security events: the case, a person's decision, and the phases in which a CSIRT is told, each before its deadline."""
