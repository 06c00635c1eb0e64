"""The demo: an invented city, its places and their past, and a client that loads and plans them.

Standard library only, so that tests and benches of every service may use the generator.
"""
