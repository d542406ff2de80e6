"""Speech that is written down: people who read digits, over a telephone's band."""

import io
import wave

import numpy as np
import pandas as pd
import pytest

from models.files import speech
from tests.support.data import DATA_DIR


def wav(sound: np.ndarray, rate: int, channels: int = 1, width: int = 2) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2" if width == 2 else "i1").tobytes())
    return stream.getvalue()


@pytest.fixture(scope="module")
def said() -> np.ndarray:
    """Five to nine, by one speaker, with half a second between them, at 8,000 samples a second."""
    rows = pd.read_parquet(DATA_DIR / "fsdd" / "fsdd.parquet")
    rows = rows[(rows["speaker"] == "theo") & (rows["index"] == 7) & (rows["digit"] >= 5)].sort_values("digit")
    parts = [np.zeros(4_000)]
    for pcm in rows["pcm"]:
        sound = np.asarray(np.frombuffer(pcm, "<i2") if isinstance(pcm, bytes) else pcm, float)
        parts += [sound / np.abs(sound).max() * 12_000, np.zeros(4_000)]
    return np.concatenate(parts)


def test_most_of_what_is_said_is_written(said):
    lines = speech.text(wav(said, 8_000)).split("\n")
    assert len(lines) == 5 and len({"five", "six", "seven", "eight", "nine"} & set(lines)) >= 3


def test_speech_that_goes_on_to_the_end_is_heard(said):
    assert "nine" in speech.text(wav(said[: np.flatnonzero(said)[-1]], 8_000))


def test_other_rates_and_channels_are_brought_to_one_of_16_kilohertz():
    tone = 9_000 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    samples = speech.samples(wav(np.repeat(tone, 2), 44_100, channels=2))
    assert samples.dtype == np.int16 and len(samples) == 16_000
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() == 440 and 8_000 < samples.max() < 10_000


def test_silence_says_nothing():
    assert speech.text(wav(np.zeros(8_000), 16_000)) == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a WAV file"),
        (b"RIFF1234WAVEjunk", "not a WAV file"),
        (wav(np.zeros(100), 8_000, width=1), "8 bits a sample; save it with 16"),
        (wav(np.zeros(3_601 * 4_000), 4_000), "at most 3,600 are heard"),
        (wav(np.zeros(100), 1_999_999_973), "1,999,999,973 samples a second; save it with 4,000 to 192,000"),
    ],
)
def test_what_is_not_heard_is_refused_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        speech.samples(content)
