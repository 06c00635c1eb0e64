"""Fixtures for all tests."""

pytest_plugins = ["shared.testing"]
