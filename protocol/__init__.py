"""The bytes that cross a trust boundary, and nothing else: no files, no sockets, no clock of its own.

Bytes go in, verified objects come out, and whatever is wrong raises one of `protocol.errors`.
docs/protocol.md is the normative text; protocol/vectors/ holds examples that a second library verifies.
"""
