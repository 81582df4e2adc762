"""The end of a case, in every place that held something of the child, and the record of it."""
