"""Times and durations of scenarios, in microseconds."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNITS = {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


class Unfit(Exception):
    """The scenario is about something that the engines do not have."""


def time_of(text, zone=None):
    """A time, in a zone if it names none itself."""
    if re.fullmatch(r"\d{10}", text):
        return int(text) * 1_000_000
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:\d\d)?", text)
    if not match:
        raise Unfit(text)
    day, clock, fraction, offset = match.groups()
    try:
        second = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(offset or '').replace('Z', '+00:00')}")
    except ValueError as error:
        raise Unfit(text) from error
    if second.tzinfo is None:
        second = second.replace(tzinfo=ZoneInfo(zone) if zone else timezone.utc)
    return (second - EPOCH) // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0"))


def duration_of(text, in_row=False):
    """A duration, in a row also a number of seconds."""
    if in_row and re.fullmatch(r"\d+(\.\d+)?", text):
        whole, _, fraction = text.partition(".")
        return int(whole) * 1_000_000 + int(fraction.ljust(6, "0")[:6])
    parts = re.findall(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)", text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise Unfit(text)
    return sum(int(Decimal(number) * UNITS[unit]) for number, unit in parts)
