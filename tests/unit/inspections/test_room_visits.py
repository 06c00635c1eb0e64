import pytest

from inspections.domain.room_visits import Draw, RoomError, RoomOutcome, RoomVisit, settle_rooms

DRAW = Draw(["12", None, "7"], size=2)
REFUSED = RoomOutcome.household_refused


def test_rooms_are_numbered_by_their_label_or_by_what_the_form_says() -> None:
    settled = settle_rooms([RoomVisit("12"), RoomVisit("31", drawn=2)], DRAW)

    assert [(it.room, it.drawn) for it in settled] == [("12", 1), ("31", 2)]


def test_a_room_may_stand_in_for_another_one_with_a_reason() -> None:
    visits = [
        RoomVisit("12", REFUSED),
        RoomVisit("7", instead_of=1, reason="household_refused"),
        RoomVisit("40", reason="danger_reported"),
    ]

    assert [it.drawn for it in settle_rooms(visits, DRAW)] == [1, 3, None]


def test_without_a_draw_any_room_may_be_seen() -> None:
    visits = [RoomVisit("12"), RoomVisit("13", REFUSED)]

    assert settle_rooms(visits, None) == visits


@pytest.mark.parametrize(
    ("visits", "draw", "where", "reason"),
    [
        ([RoomVisit("1"), RoomVisit("1")], None, (1, "room"), "room 0 of the list"),
        ([RoomVisit("1", drawn=1)], None, (0, "drawn"), "no rooms were drawn"),
        ([RoomVisit("1", instead_of=1)], None, (0, "instead_of"), "no rooms were drawn"),
        ([RoomVisit("a", drawn=2), RoomVisit("b", drawn=2)], DRAW, (1, "drawn"), "room 0"),
        ([RoomVisit("12", drawn=4)], DRAW, (0, "drawn"), "1 to 3"),
        ([RoomVisit("12", instead_of=0)], DRAW, (0, "instead_of"), "1 to 3"),
        ([RoomVisit("13", drawn=1)], DRAW, (0, "drawn"), "room 1 of the draw is '12', not '13'"),
        ([RoomVisit("40")], DRAW, (0, "reason"), "was not to be seen"),
        ([RoomVisit("7")], DRAW, (0, "reason"), "was not to be seen"),
        ([RoomVisit("7", instead_of=1)], DRAW, (0, "reason"), "say why this room stands in"),
    ],
)
def test_a_room_that_cannot_have_been_visited_so_is_refused_naming_its_field(
    visits: list[RoomVisit], draw: Draw | None, where: tuple[int, str], reason: str
) -> None:
    with pytest.raises(RoomError, match=reason) as caught:
        settle_rooms(visits, draw)

    assert (caught.value.position, caught.value.field) == where


def test_a_room_that_was_not_seen_needs_no_reason() -> None:
    assert settle_rooms([RoomVisit("40", REFUSED)], DRAW)[0].drawn is None
