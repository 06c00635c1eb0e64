"""Messages between services, owned by their provider: Pydantic and the standard library only.

A message that comes in refuses unknown fields (`Input`); one that goes out is read by consumers
that ignore what they do not know (`Output`), so a provider may add fields at any time.
"""
