"""Words for generated calendars."""

from __future__ import annotations

TRACKS = {
    "Architecture": ("Design review {number}", "Interfaces with {who}", "Archive of old drawings, part {number}"),
    "Budget": (
        "Quarterly figures",
        "Grant application {number}, last reading",
        "Audit with {who}",
        "Cost plan {number}",
    ),
    "Community": ("Open evening no. {number}", "Volunteers' breakfast", "Newsletter {number}: texts due", "Meet {who}"),
    "Facilities": ("Lift inspection", "Fire drill, block {number}", "Window cleaning", "Keys for {who}"),
    "Hiring": ("Interview: {who}", "Shortlist, position {number}", "First day: {who}", "Trial day, desk {number}"),
    "Keynotes": ("Keynote: {who}", "Panel {number}: what lasts", "Opening address by {who}"),
    "Operations": ("On-call handover", "Release {number}", "Incident {number}: what we learnt", "Capacity plan"),
    "Research": ("Reading group: chapter {number}", "Seminar by {who}", "Lab slot {number}", "Thesis talk: {who}"),
    "Teaching": ("Lecture {number}", "Exam {number}, room plan", "Office hour, {who}", "Tutorial {number}"),
    "Workshops": (
        "Hands-on {number}: letterpress",
        "Workshop with {who}",
        "Tools clinic {number}",
        "Bookbinding, group {number}",
    ),
}
TODOS = (
    "Order {number} name badges", "Send the contract to {who}", "Book trains for {number} people",
    "Proofread chapter {number}",
    "Renew the insurance", "Pay invoice {number}", "Ask {who} about the slides", "Back up the photo archive",
    "Return the projector to {who}", "File report {number}", "Draft minutes for {who}",
)  # fmt: skip
PLACES = (
    "Room {number}", "Large hall", "Library, 2nd floor", "Café Central; back room", "Video call",
    "Lab {number}, east wing",
    "Bäckerstraße {number}, top bell", "Main building, room {number}", "Pier {number}, under the clock",
    "Atelier {number}",
)  # fmt: skip
AGENDA = (
    "{who} presents the figures of the last {number} weeks, then questions.",
    "Please read section {number} beforehand.",
    "Bring the samples that {who} sent; {other} has the keys.",
    "Item 1: budget; item 2: staffing; item 3: move of {number} desks.",
    "We decide about offer {number}.", "Interpreting into English is arranged by {who}.",
    "Lunch for {number} is ordered.",
    "{who} takes the minutes, {other} keeps the time.",
    "The draft is in the folder; comments until the evening before.",
    "Replaces the meeting that {who} had to cancel.", "If the room is taken, we go to number {number}.",
    "Only {number} seats, first come, first served.", "The recording stays on line for {number} days.",
)  # fmt: skip
DAYS = (
    "Public holiday",
    "{who} on leave",
    "Office closed",
    "Site visit {number}",
    "Fair, stand {number}",
    "Deadline {number}",
)
PRODUCTS = ("Terminplan 4.2", "Mozilla.org/NONSGML Mozilla Calendar V1.1", "Radicale", "Agendatron 2.1")
CLOSING = (
    "Dial-in: see the link.",
    "Questions to the office, please.",
    "No slides!",
    "Coffee from a quarter to.",
    "Thanks, all.",
)

_EU = (("-1SU", 3), ("-1SU", 10))
_US = (("2SU", 3), ("1SU", 11))


def _zone(
    names: tuple[str, str], offsets: tuple[str, str], turns: tuple[tuple[str, int], ...], hours: tuple[int, int]
) -> tuple[tuple[str, str, str, str, int, str, int], ...]:
    (winter, summer), (standard, daylight) = names, offsets
    (spring, march), (autumn, october) = turns
    return (
        ("DAYLIGHT", summer, standard, daylight, march, spring, hours[0]),
        ("STANDARD", winter, daylight, standard, october, autumn, hours[1]),
    )


ZONES = {
    "America/New_York": _zone(("EST", "EDT"), ("-0500", "-0400"), _US, (2, 2)),
    "America/Toronto": _zone(("EST", "EDT"), ("-0500", "-0400"), _US, (2, 2)),
    "Asia/Tokyo": (("STANDARD", "JST", "+0900", "+0900", 1, "", 0),),
    "Europe/Berlin": _zone(("CET", "CEST"), ("+0100", "+0200"), _EU, (2, 3)),
    "Europe/Helsinki": _zone(("EET", "EEST"), ("+0200", "+0300"), _EU, (3, 4)),
    "Europe/Lisbon": _zone(("WET", "WEST"), ("+0000", "+0100"), _EU, (1, 2)),
}
"""Zone to its observances: kind, name, offset before and from then on, month, day, hour."""
