"""The audit's chain shows what was altered, taken out, put in or moved."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.audit_chain import NOTHING, Batch, Checkpoint, check, digest_of, place_of

LINES = st.lists(st.fixed_dictionaries({"by": st.text(max_size=5), "n": st.integers()}), max_size=3)
BEGIN = Checkpoint()
CHAINS = st.lists(LINES, min_size=1, max_size=6)


def chained(lines_of: list[list[dict[str, object]]], since: Checkpoint = BEGIN) -> list[Batch]:
    batches, previous = [], since.digest
    for number, lines in enumerate(lines_of, since.number + 1):
        digest = digest_of(number, previous, lines)
        batches.append(Batch(number, previous, digest, lines))
        previous = digest
    return batches


@given(CHAINS, st.integers(0, 5))
def test_a_chain_is_whole_from_its_beginning_and_from_any_checkpoint(lines_of, dropped):
    batches = chained(lines_of)
    whole = check(batches, Checkpoint())
    assert (whole.broken_at, whole.batches) == (None, len(batches))
    assert whole.lines == sum(len(lines) for lines in lines_of)
    dropped = min(dropped, len(batches) - 1)
    since = Checkpoint(dropped, batches[dropped - 1].digest) if dropped else Checkpoint()
    assert check(batches[dropped:], since).broken_at is None


@given(CHAINS, st.data())
def test_an_altered_batch_breaks_the_chain_there_or_at_the_next(lines_of, data):
    batches = chained(lines_of)
    where = data.draw(st.integers(0, len(batches) - 1))
    altered = [*batches[where].lines, {"by": "x", "n": 0}]
    batches[where] = replace(batches[where], lines=altered)
    assert check(batches, Checkpoint()).broken_at == where + 1
    # Who alters it well, digest and all, is found by the next.
    well = digest_of(where + 1, batches[where].previous, altered)
    batches[where] = replace(batches[where], digest=well)
    found = check(batches, Checkpoint())
    assert found.broken_at == (where + 2 if where + 1 < len(batches) else None)


@given(CHAINS, st.data())
def test_a_batch_that_is_taken_out_is_missed(lines_of, data):
    batches = chained([*lines_of, [{"by": "last", "n": 1}]])
    where = data.draw(st.integers(0, len(batches) - 2))
    del batches[where]
    found = check(batches, Checkpoint())
    assert (found.broken_at, found.why) == (where + 1, f"batch {where + 1} is missing")


def test_the_first_batch_follows_nothing():
    assert check(chained([[]]), Checkpoint()).head.number == 1
    assert check([], Checkpoint()).head == Checkpoint(0, NOTHING)
    other = check(chained([[]], Checkpoint(0, "f" * 64)), Checkpoint())
    assert other.why == "it does not follow from the batch before"


def test_of_an_address_only_words_and_ids_are_kept():
    id = "6F1F3D0E-53a1-4c0e-9d3b-0d7a3f7f2c11"
    assert place_of(f"/v1/visits/{id}/times") == ("/v1/visits/{id}/times", [id.lower()])
    assert place_of("/v1/models/Madame Dupont") == ("/v1/models/{other}", [])
    sheet = place_of(f"/v1/weekly-plans/{id}/rounds/20260302-dupont/sheet.pdf")
    assert sheet == ("/v1/weekly-plans/{id}/rounds/{other}/sheet.pdf", [id.lower()])
