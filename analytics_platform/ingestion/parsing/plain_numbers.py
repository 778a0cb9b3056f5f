"""Plain decimal numbers in text as whole numbers of 10^-8, exactly: digits are added up, no float is seen."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SCALE = 8
_UNIT = 10**SCALE
_POWERS = 10 ** np.arange(SCALE + 1, dtype=np.int64)
_ZERO, _MINUS = ord("0"), ord("-")
_WORD = 8
_SLICE = 1 << 13
"""Cells that are read at once: few enough to stay near the processor."""

_FEW_OTHERS = 20
"""Where more than one cell in so many is written otherwise, all are read as such."""

_MOST_WHOLE_DIGITS = 10
"""10 digits before and 8 behind the mark are less than 2^63."""

Integers = npt.NDArray[np.int64]
_Content = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class PlainNumbers(NamedTuple):
    r"""Numbers of one column.

    Attributes
    ----------
    units : ndarray of int64
        Value times 10^8; anything where `is_plain` is false.
    is_plain : ndarray of bool
        Whether the text is a number of the form ``-?[0-9]{1,10}(\.[0-9]{1,8})?``, with the mark asked for.
    is_empty : ndarray of bool
        Whether there is no text at all.
    """

    units: Integers
    is_plain: Flags
    is_empty: Flags


def plain_numbers(texts: pa.StringArray, mark: str = ".") -> PlainNumbers:
    """Read the numbers of one column.

    Parameters
    ----------
    texts : StringArray
        Cells, without null.
    mark : str
        Decimal mark, one ASCII character.

    Returns
    -------
    PlainNumbers
        One entry for each cell.
    """
    rows = len(texts)
    found = PlainNumbers(np.empty(rows, np.int64), np.empty(rows, np.bool_), np.empty(rows, np.bool_))
    for start in range(0, rows, _SLICE):
        part = slice(start, start + _SLICE)
        for whole, piece in zip(found, _numbers(texts[part], ord(mark)), strict=True):
            whole[part] = piece
    return found


def _numbers(texts: pa.StringArray, mark: int) -> PlainNumbers:
    content, starts, ends = _padded(texts)
    return _even_numbers(content, starts, ends, mark) or _odd_numbers(content, starts, ends, mark)


def _even_numbers(content: _Content, starts: Integers, ends: Integers, mark: int) -> PlainNumbers | None:
    """Short cells with as many decimals as the first one has, and few others; None if those are many."""
    lengths = ends - starts
    if not len(lengths) or not lengths[0]:
        return None
    _, found, behind = bytes(content[starts[0] : ends[0]]).partition(bytes([mark]))
    decimals = len(behind)
    least = decimals + 2 if found else 1
    if (found and not decimals) or decimals > SCALE:
        return None
    is_odd = (content - np.uint8(_ZERO)) > 9  # noqa: PLR2004 - the largest digit
    is_even = (lengths >= least) & (lengths <= _WORD)
    if found:
        marks = ends - (decimals + 1)
        is_even &= content.take(marks) == mark
        if np.count_nonzero(is_odd) != np.count_nonzero(is_even):
            is_odd[marks[is_even]] = False
            is_even[np.searchsorted(ends, np.flatnonzero(is_odd), side="right")] = False
    elif is_odd.any():
        is_even[np.searchsorted(ends, np.flatnonzero(is_odd), side="right")] = False
    others = np.flatnonzero(~is_even)
    if len(others) * _FEW_OTHERS > len(lengths):
        return None
    words = _emptied(
        _words(content).take(ends - _WORD), ((_WORD - lengths) << 3).view(np.uint64), at_start=True
    )
    units = _number(_joined(words, decimals) if found else words)
    units *= 10 ** (SCALE - decimals)
    numbers = PlainNumbers(units, is_even, lengths == 0)
    if len(others):
        first, last = starts[others], ends[others]
        for whole, piece in zip(numbers, _odd_numbers(*_gathered(content, first, last), mark), strict=True):
            whole[others] = piece
    return numbers


def _joined(words: npt.NDArray[np.uint64], decimals: int) -> npt.NDArray[np.uint64]:
    """Digits without the mark that stands before so many of them at the end."""
    behind = np.uint64((1 << 64) - (1 << (64 - decimals * 8)))
    ahead = np.uint64((1 << (64 - decimals * 8 - 8)) - 1)
    wholes = words & ahead
    wholes <<= np.uint64(8)
    words &= behind
    words |= wholes
    return words


def _gathered(content: _Content, starts: Integers, ends: Integers) -> tuple[_Content, Integers, Integers]:
    """Bytes of some cells with room before and behind, as `_padded` gives them."""
    cells = [content[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    room = np.full(_WORD * 2, _ZERO, np.uint8)
    lasts = np.cumsum(ends - starts) + _WORD * 2
    return np.concatenate([room, *cells, room[:_WORD]]), lasts - (ends - starts), lasts


def _odd_numbers(content: _Content, starts: Integers, ends: Integers, mark: int) -> PlainNumbers:
    """Cells of any length, with any number of decimals."""
    odd = np.flatnonzero((content - np.uint8(_ZERO)) > 9)  # noqa: PLR2004 - the largest digit
    if not len(odd):
        return _whole_numbers(content, starts, ends)
    filled = np.flatnonzero(starts < ends)
    if len(odd) == len(filled):
        is_within = (odd >= starts[filled]) & (odd < ends[filled])
        if (is_within & (content[odd] == mark)).all():  # each cell holds one mark, as prices do, or nothing
            marks = starts.copy()
            marks[filled] = odd
            return _with_marks(content, starts, marks, ends)
    return _any_numbers(content, starts, ends, odd, mark)


def _whole_numbers(content: _Content, starts: Integers, ends: Integers) -> PlainNumbers:
    """Cells that hold nothing but digits."""
    digits = ends - starts
    is_plain = (digits >= 1) & (digits <= _MOST_WHOLE_DIGITS)
    return PlainNumbers(_wholes(content, ends, digits) * _UNIT, is_plain, digits == 0)


def _with_marks(content: _Content, starts: Integers, marks: Integers, ends: Integers) -> PlainNumbers:
    """Cells that hold digits, and one mark each; empty cells have theirs at their start."""
    wholes, fractions = marks - starts, ends - marks - 1
    is_plain = (wholes >= 1) & (wholes <= _MOST_WHOLE_DIGITS) & (fractions >= 1) & (fractions <= SCALE)
    if (ends - starts).max() <= _WORD:
        units = _short_numbers(content, starts, ends, fractions)
    else:
        units = _wholes(content, marks, wholes) * _UNIT + _fractions(content, marks, fractions)
    return PlainNumbers(units, is_plain, starts == ends)


def _short_numbers(content: _Content, starts: Integers, ends: Integers, fractions: Integers) -> Integers:
    """Numbers of at most 8 characters: without the mark in the middle all digits are one number."""
    spare = ((_WORD - ends + starts) * 8).astype(np.uint64)
    words = _emptied(_words(content)[ends - _WORD], spare, at_start=True)
    behind: npt.NDArray[np.uint64] | np.uint64
    first = int(fractions[0])
    if 0 < first < _WORD and (fractions == first).all():
        behind = np.uint64(first * 8)
        powers: Integers | int = 10 ** (SCALE - first)
    else:
        behind = (fractions * 8).astype(np.uint64)
        powers = _POWERS.take(SCALE - fractions, mode="clip")
    wholes = (words << (behind + np.uint64(8))) >> behind
    ahead = np.uint64(64) - behind
    words >>= ahead
    words <<= ahead
    words |= wholes
    return _number(words) * powers


def _any_numbers(
    content: _Content, starts: Integers, ends: Integers, odd: Integers, mark: int
) -> PlainNumbers:
    """Cells that hold what they want; `odd` are the places of all that is no digit."""
    is_negative = (content[starts] == _MINUS) & (starts < ends)
    owners = np.searchsorted(ends, odd, side="right")
    others = np.bincount(owners, minlength=len(starts)) - is_negative
    last = np.zeros(len(starts), np.int64)
    last[owners] = odd
    firsts = starts + is_negative
    has_mark = (others == 1) & (content[last] == mark) & (last >= firsts)
    units, is_plain, _ = _whole_numbers(content, firsts, ends)
    is_plain &= others == 0
    if has_mark.any():
        with_mark = _with_marks(content, firsts, np.where(has_mark, last, firsts), ends)
        units = np.where(has_mark, with_mark.units, units)
        is_plain = np.where(has_mark, with_mark.is_plain, is_plain)
    return PlainNumbers(np.where(is_negative, -units, units), is_plain, starts == ends)


def _padded(texts: pa.StringArray) -> tuple[_Content, Integers, Integers]:
    """Bytes of all cells with room before and behind, and where each cell starts and ends in them."""
    _, offsets_buffer, content_buffer = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    content = np.full(last - first + _WORD * 3, _ZERO, np.uint8)
    if last > first:
        content[_WORD * 2 : -_WORD] = np.frombuffer(content_buffer, np.uint8)[first:last]
    places = offsets.astype(np.int64) + (_WORD * 2 - first)
    return content, places[:-1], places[1:]


def _wholes(content: _Content, marks: Integers, counts: Integers) -> Integers:
    """Whole numbers of so many digits that end before the marks."""
    values = _last_digits(content, marks, np.minimum(counts, _WORD))
    if len(counts) and counts.max() > _WORD:
        upper = np.clip(counts - _WORD, 0, _WORD)
        values += _last_digits(content, marks - _WORD, upper) * 10**_WORD
    return values


def _last_digits(content: _Content, ends: Integers, counts: Integers) -> Integers:
    """Read the digits, at most 8, that end there."""
    spare = ((_WORD - counts) * 8).astype(np.uint64)
    return _number(_emptied(_words(content)[ends - _WORD], spare, at_start=True))


def _fractions(content: _Content, marks: Integers, counts: Integers) -> Integers:
    """Read the digits, at most 8, that follow the marks, as if there were 8 of them."""
    spare = ((_WORD - np.clip(counts, 0, _WORD)) * 8).astype(np.uint64)
    starts = np.minimum(marks + 1, len(content) - _WORD)
    return _number(_emptied(_words(content)[starts], spare, at_start=False))


def _words(content: _Content) -> npt.NDArray[np.uint64]:
    """Eight bytes from each place on, first byte lowest."""
    return np.ndarray((len(content) - _WORD + 1,), "<u8", buffer=content.data, strides=(1,))


def _emptied(
    words: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64], *, at_start: bool
) -> npt.NDArray[np.uint64]:
    """Values of digits, so many bits of the first or of the last ones set to zero; 64 leave nothing."""
    words = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    if at_start:
        words >>= bits
        words <<= bits
    else:
        words <<= bits
        words >>= bits
    return words


def _number(words: npt.NDArray[np.uint64]) -> Integers:
    """Add up eight digits, first digit lowest: pairs first, then fours, then all."""
    words *= np.uint64((10 << 8) + 1)
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64((100 << 16) + 1)
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64((10_000 << 32) + 1)
    words >>= np.uint64(32)
    return words.view(np.int64)


def as_decimals(units: Integers, is_null: Flags | None = None) -> pa.Decimal128Array:
    """Numbers of 10^-8 as Decimal(20, 8), without a copy through text.

    Parameters
    ----------
    units : ndarray of int64
        Values times 10^8.
    is_null : ndarray of bool, optional
        Where there is no value.
    """
    wide = np.empty((len(units), 2), np.int64)
    wide[:, 0] = units
    np.right_shift(units, 63, out=wide[:, 1])
    mask = None if is_null is None else pa.array(~is_null).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(20, SCALE), len(units), [mask, pa.py_buffer(wide)])
