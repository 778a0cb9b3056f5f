"""`docs/errors.md` holds every message that a user may see, and what to do about it."""

from analytics_platform_tests.error_messages import DOCUMENT, document, messages, untold


def test_the_list_of_errors_is_that_of_the_source() -> None:
    told = "run `python -m analytics_platform_tests.error_messages`"
    assert DOCUMENT.read_text("utf-8") == document(messages()), told


def test_every_message_has_a_cure_and_every_cure_a_message() -> None:
    assert untold(messages()) == []


def test_messages_are_found_where_they_are_built_in_parts() -> None:
    found = {message.text: message.cure for message in messages()}
    assert found["this is not a whole number"] == "Correct the cell"
    assert "must not hold the password" not in "".join(found)  # settings are told by pydantic, not here
    assert len(found) > 100
