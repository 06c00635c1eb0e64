create table job (
    id uuid primary key,
    organisation uuid not null,
    subject text not null,
    kind text not null,
    key text,
    request_digest text not null,
    arguments jsonb not null,
    state text not null default 'queued'
        check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- The attempt that holds the job; a write of an earlier attempt is refused.
    attempt integer not null default 0,
    -- Attempts that ended by the job's own fault, and by the end of their worker.
    failures integer not null default 0,
    losses integer not null default 0,
    progress real check (progress between 0 and 1),
    message text,
    result jsonb,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    -- The row of `procrastinate_jobs` that delivers it; gone once the job is settled.
    queue_job_id bigint,
    unique (organisation, kind, key)
);
create index job_created on job (organisation, created_at);
