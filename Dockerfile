# syntax=docker/dockerfile:1
# One image per service, with only what that service needs:
#   docker build --build-arg SERVICE=routing --tag ronde-routing .
# The same image serves, works and migrates: `service routing`, `worker routing`, `migrate routing`.

FROM python:3.11.14-slim-bookworm AS build
ARG SERVICE
ENV UV_CACHE_DIR=/var/cache/uv \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/app/.venv \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# Third-party packages first: this layer changes with the lock file alone.
COPY pyproject.toml uv.lock ./
COPY shared/pyproject.toml shared/
COPY services/inspections/pyproject.toml services/inspections/
COPY services/scoring/pyproject.toml services/scoring/
COPY services/routing/pyproject.toml services/routing/
COPY services/gateway/pyproject.toml services/gateway/
RUN --mount=type=cache,target=/var/cache/uv \
    uv sync --frozen --no-dev --no-install-workspace --all-extras --package "ronde-${SERVICE:?say which service}"
COPY shared shared
COPY services services
RUN --mount=type=cache,target=/var/cache/uv \
    uv sync --frozen --no-dev --no-editable --all-extras --package "ronde-${SERVICE}"

FROM python:3.11.14-slim-bookworm
# libgomp is what LightGBM and SciPy compute with; tini reaps the children of jobs.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ronde \
    && useradd --uid 10001 --gid ronde --no-create-home --home-dir /app ronde \
    && install --directory --owner ronde --group ronde /var/lib/ronde
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/compiled
USER 10001:10001
WORKDIR /var/lib/ronde
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["tini", "--", "ronde"]
CMD ["--help"]
