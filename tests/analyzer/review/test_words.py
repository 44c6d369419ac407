"""What a model says of what it was sent passes; what it made up, and what it may not say, does not."""

import pytest

from analyzer.review.outcome import Reason
from analyzer.review.words import Known, sentences, trouble
from tests.analyzer.review.partners import LINES

KNOWN = Known.of(["web01", *LINES, "x115"])


@pytest.mark.parametrize(
    "text",
    [
        "The disk sda reports I/O errors and failed reads, so it may be failing.",
        "Check the SMART values of sda and replace the disk soon; a backup comes first.",
        "Somebody tried to log in as user admin from 203.0.113.9, and the user does not exist.",
        "Restrict SSH to known networks and look for accepted logins from 203.0.113.9.",
        "The nightly unit backup.service failed with an exit code.",
        "Look at the log of backup.service and run the backup again by hand.",
        "ata3.00 lost a command, which often points to a cable or power fault.",
        "The same address asked for the login page over HTTP/1.1 and got 401.",
        "There were 115 tries.",
        "Sector 1953525 cannot be read.",
        "Find out why the backup failed before the next night.",
        "Watch for a growing number of reallocated sectors.",
        "Start by finding out why the backup failed.",
        "Replace the disk to resolve the issue.",
        "Reads were discarded by the kernel.",
        "The service keeps failing, and its restart limit may be reached soon.",
        "No backup has been written since the failure.",
        "The host web01 has a failing disk; its backup did not run.",
    ],
)
def test_a_sentence_about_what_was_sent_passes(text: str) -> None:
    assert trouble(text, KNOWN, advice=True) is None


@pytest.mark.parametrize(
    "text",
    ["Somebody used curl against the login page.", "The user admin ran sudo.", "A line of crontab was changed."],
)
def test_a_command_may_be_told_of_but_not_advised(text: str) -> None:
    assert trouble(text, KNOWN, advice=False) is None
    assert trouble(text, KNOWN, advice=True) == "command"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It failed 57 times.", "number"),
        ("It failed 1,000 times.", "number"),
        ("Sector 195352 cannot be read.", "number"),  # a part of a number is another number
        ("It failed 3 times.", "number"),  # as a part of ata3.00
        ("It took 0.113 seconds.", "number"),  # a part of an address
        ("Fifty logins failed.", "number"),
        ("Hundreds of logins failed.", "number"),
        ("It failed ①② times.", "number"),
        ("It failed ١٢ times.", "number"),
        ("10.0.0.1 tried.", "address"),
        ("203.0.113.99 tried.", "address"),
        ("fe80::1 tried.", "address"),
        ("root@web01 tried.", "address"),
        ("The host db-primary failed.", "name"),
        ("The user mallory logged in.", "name"),
        ("db01 is down.", "name"),
        ("The process 'evil' ran.", "name"),
        ("/etc/shadow was read.", "name"),
        ("See https://example.com for more.", "url"),
        ("See www.example.com for more.", "url"),
        ("Visit evil.example for more.", "url"),
        ("Call evil[.]example for more.", "url"),
        ("See [here](x).", "markup"),
        ("<b>Now</b>", "markup"),
        ("@everyone look", "markup"),
        ("Read &lt;script&gt;", "markup"),
        ("Run curl now.", "command"),
        ("Type reboot now.", "command"),
        ("Use `id`.", "command"),
        ("List it | sort", "command"),
        ("Evaluate $(id)", "command"),
        ("It needs sudo.", "command"),
        ("Try it with --force now.", "command"),
        ("All is well.", "reassurance"),
        ("This is a false positive.", "reassurance"),
        ("Nothing unusual happened.", "reassurance"),
        ("The system is healthy.", "reassurance"),
        ("There are no problems here.", "reassurance"),
        ("Ignore the rest.", "instruction"),
        ("The score can rise.", "instruction"),
        ("Downgrade this.", "instruction"),
        ("Mark it as done.", "instruction"),
        ("There is no finding here.", "instruction"),
        ("Discard the lines above.", "instruction"),
    ],
)
def test_what_was_not_sent_or_may_not_be_said_has_a_reason(text: str, reason: Reason) -> None:
    assert trouble(text, KNOWN, advice=True) == reason


def test_a_placeholder_that_was_sent_may_be_told() -> None:
    known = Known.of(["password <SECRET:password:3f9a> in the clear"])
    assert trouble("The password <SECRET:password:3f9a> was logged.", known, advice=False) is None
    assert trouble("The password <SECRET:password:ffff> was logged.", known, advice=False) == "markup"


def test_no_more_than_two_sentences_are_kept() -> None:
    assert sentences("One thing. Another thing! A third?", 2, 100) == "One thing. Another thing!"
    assert sentences("x" * 500, 2, 100) == "x" * 99 + "…"
