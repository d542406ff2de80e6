"""English speech as text, by PocketSphinx (BSD-2-Clause), whose models come with it.

It knows 130,000 words of American English and was trained on speech read aloud near a microphone. Of other speech it
understands little: what it writes is good for a search, and not for a record.
"""

from __future__ import annotations

import io
import wave

import numpy as np

RATE = 16_000  # samples a second that the models were trained on
RATES = 4_000, 192_000  # of a file; the filter that changes another rate would be as long as the rate is high
LONGEST = 3_600  # seconds


def samples(content: bytes) -> np.ndarray:
    """Return a WAV file as one channel of 16,000 samples a second, int16, shape (n,).

    Raises ValueError, in words for the sender, for what is no WAV file of 16 bits, or is longer than an hour.
    """
    from scipy.signal import resample_poly

    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate, count = file.getparams()[:4]
            if not RATES[0] <= rate <= RATES[1]:
                raise ValueError(f"it has {rate:,} samples a second; save it with {RATES[0]:,} to {RATES[1]:,}")
            if count > LONGEST * rate:
                raise ValueError(f"it lasts {count / rate:,.0f} s; at most {LONGEST:,} are heard. Send a part of it")
            frames = file.readframes(count)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"it is not a WAV file that can be read ({str(error) or 'it ends too early'})") from None
    if width != 2:
        raise ValueError(f"it has {8 * width} bits a sample; save it with 16")
    sound = np.frombuffer(frames, "<i2").reshape(-1, channels).mean(axis=1)
    if rate != RATE:
        divisor = np.gcd(rate, RATE)
        sound = resample_poly(sound, RATE // divisor, rate // divisor)
    clipped: np.ndarray = np.clip(np.rint(sound), -(2**15), 2**15 - 1).astype(np.int16)
    return clipped


def text(content: bytes) -> str:
    """Return what is said in a WAV file, in lower case, without signs; a line for each run of speech between pauses."""
    from pocketsphinx import Decoder, Segmenter

    decoder, lines = Decoder(loglevel="FATAL"), []
    heard = samples(content).tobytes() + bytes(2 * RATE)  # a pause: the segmenter would drop speech that none ends
    for part in Segmenter(sample_rate=RATE).segment(io.BytesIO(heard)):
        decoder.start_utt()
        decoder.process_raw(part.pcm, full_utt=True)
        decoder.end_utt()
        if found := decoder.hyp():
            lines.append(found.hypstr)
    return "\n".join(lines)
