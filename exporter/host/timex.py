"""Is the clock right, as far as the kernel knows?"""

import ctypes
import os
from collections.abc import Iterator

from exporter.host.root import Root
from toolkit.families import Family, Type, single

TIME_ERROR = 5
STA_NANO = 0x2000
NANOSECONDS = 1_000_000_000
MICROSECONDS = 1_000_000
# Parts per million with a 16-bit fraction: see the notes of adjtimex(2).
PPM = 1_000_000 * 65_536
LONGS = ("offset", "freq", "maxerror", "esterror")
PPS = ("jitcnt", "calcnt", "errcnt", "stbcnt")


class Timex(ctypes.Structure):
    """struct timex of adjtimex(2); its `modes` stays 0, which only reads."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in LONGS),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "sec", "usec", "tick", "ppsfreq")),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        *((name, ctypes.c_long) for name in PPS),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


FIELDS: tuple[tuple[str, Type, str], ...] = (
    ("sync_status", "gauge", "Is clock synchronized to a reliable server (1 = yes, 0 = no)."),
    ("offset_seconds", "gauge", "Time offset in between local system and reference clock."),
    ("frequency_adjustment_ratio", "gauge", "Local clock frequency adjustment."),
    ("maxerror_seconds", "gauge", "Maximum error in seconds."),
    ("estimated_error_seconds", "gauge", "Estimated error in seconds."),
    ("status", "gauge", "Value of the status array bits."),
    ("loop_time_constant", "gauge", "Phase-locked loop time constant."),
    ("tick_seconds", "gauge", "Seconds between clock ticks."),
    ("pps_frequency_hertz", "gauge", "Pulse per second frequency."),
    ("pps_jitter_seconds", "gauge", "Pulse per second jitter."),
    ("pps_shift_seconds", "gauge", "Pulse per second interval duration."),
    ("pps_stability_hertz", "gauge", "Pulse per second stability, average of recent frequency changes."),
    ("pps_jitter_total", "counter", "Pulse per second count of jitter limit exceeded events."),
    ("pps_calibration_total", "counter", "Pulse per second count of calibration intervals."),
    ("pps_error_total", "counter", "Pulse per second count of calibration errors."),
    ("pps_stability_exceeded_total", "counter", "Pulse per second count of stability limit exceeded events."),
    ("tai_offset_seconds", "gauge", "International Atomic Time (TAI) offset."),
)


def parse(state: int, timex: Timex) -> tuple[float, ...]:
    """What adjtimex(2) returned and filled in, in base units and in the order of FIELDS."""
    resolution = NANOSECONDS if timex.status & STA_NANO else MICROSECONDS
    return (
        int(state != TIME_ERROR),
        timex.offset / resolution,
        1 + timex.freq / PPM,
        timex.maxerror / MICROSECONDS,
        timex.esterror / MICROSECONDS,
        timex.status,
        timex.constant,
        timex.tick / MICROSECONDS,
        timex.ppsfreq / PPM,
        timex.jitter / resolution,
        timex.shift,
        timex.stabil / PPM,
        timex.jitcnt,
        timex.calcnt,
        timex.errcnt,
        timex.stbcnt,
        timex.tai,
    )


LIBC = ctypes.CDLL(None, use_errno=True)


def collect(root: Root) -> Iterator[Family]:
    timex = Timex()
    state = LIBC.adjtimex(ctypes.byref(timex))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for (name, type, help), value in zip(FIELDS, parse(state, timex), strict=True):
        yield single(f"node_timex_{name}", type, help, value)
