"""The watchlist on a unit: pulled and verified, kept encrypted, opened only into memory, and searched.

state, comparable and index are pure; store and fetcher alone touch disk and network.
"""
