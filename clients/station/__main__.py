"""How is a folder of recordings sent to the office? ``python -m clients.station FOLDER --url … --key-file …``

What the line does, what the power does, and how often it is started make no difference: every recording
arrives once. With ``--stations`` and ``--rate`` it is the load generator as well.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

from clients.station import made_up, recordings
from clients.station.delivery import BATCH, Station
from clients.station.pace import BackOff, Rate
from clients.station.store import Store
from clients.station.wire import TIMEOUT, Locked, Wire

WHAT = (
    "Kirim sefolder perekaman ke kantor. Apa pun yang terjadi pada sambungan, masing-masing tiba satu kali."
)
KEY_VARIABLE = "STATION_KEY"
NOT_ALL, NOT_KNOWN = 1, 3  # exit codes; 2 is argparse's


def main(arguments: Sequence[str] | None = None) -> int:
    """0: everything has arrived; 1: something was refused or still waits; 3: the key is not known."""
    options = _parser().parse_args(arguments)
    if options.make:
        made_up.make(options.folder, count=options.make)
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
    stations = [_station(options, number, stop) for number in range(1, options.stations + 1)]
    began = time.monotonic()
    try:
        while True:
            _write_down(stations, options.folder)
            _run(stations)
            if not options.watch or stop.wait(options.watch):
                break
    except Locked as locked:
        print(f"Kantor tidak mengenal kunci stasiun ini: {locked}", file=sys.stderr)
        return NOT_KNOWN
    finally:
        seconds = time.monotonic() - began
        _report(stations, seconds)
        finished = all(station.store.count().is_finished and not _wrong(station) for station in stations)
        for station in stations:
            station.wire.close()
            station.store.close()
    return 0 if finished else NOT_ALL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m clients.station", description=WHAT)
    parser.add_argument("folder", type=Path, help="satu folder untuk setiap perekaman")
    parser.add_argument("--url", required=True, help="alamat kantor, misalnya https://ektp.example.go.id")
    parser.add_argument(
        "--key-file",
        type=Path,
        help=f"berkas kunci stasiun, satu per baris (tanpa ini: {KEY_VARIABLE})",
    )
    parser.add_argument("--queue", type=Path, help="tempat antrean disimpan (FOLDER.queue)")
    parser.add_argument("--batch", type=int, default=BATCH, help="perekaman dalam satu panggilan (100)")
    parser.add_argument(
        "--watch", type=float, default=0.0, metavar="SECONDS", help="terus melihat apakah ada yang baru"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="jeda terpanjang setelah gagal (60 detik)"
    )
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="batas tunggu satu jawaban (30 detik)")
    load = parser.add_argument_group("sebagai pembangkit beban")
    load.add_argument("--stations", type=int, default=1, help="sekian stasiun berbagi folder itu")
    load.add_argument(
        "--rate", type=float, default=0.0, help="perekaman per detik per stasiun (0: tanpa batas)"
    )
    load.add_argument(
        "--make", type=int, default=0, metavar="COUNT", help="buat dahulu sekian perekaman karangan"
    )
    return parser


def _station(options: argparse.Namespace, number: int, stop: threading.Event) -> Station:
    queue: Path = options.queue or options.folder.with_suffix(".queue")
    return Station(
        name=f"{number}",
        store=Store(queue / f"station-{number:02}.sqlite"),
        wire=Wire(url=options.url, key=_key(options.key_file, number), timeout=options.timeout),
        back_off=BackOff(longest=options.patience),
        rate=Rate(options.rate),
        batch=min(options.batch, BATCH),
        stop=stop,
    )


def _key(path: Path | None, number: int) -> str:
    """Never from the command line, which everybody on the machine can read."""
    text = path.read_text(encoding="ascii") if path else os.environ.get(KEY_VARIABLE, "")
    keys = text.split()
    if not keys:
        raise SystemExit(f"Kunci stasiun tidak ada: --key-file atau {KEY_VARIABLE}.")
    return keys[(number - 1) % len(keys)]


def _write_down(stations: Sequence[Station], root: Path) -> None:
    """A recording belongs to one station for good, by its name."""
    found = list(recordings.folders(root))
    for place, station in enumerate(stations):
        station.write_down([one for one in found if crc32(one.name.encode()) % len(stations) == place])


def _run(stations: Sequence[Station]) -> None:
    if len(stations) == 1:
        stations[0].run()
        return
    with ThreadPoolExecutor(len(stations)) as pool:
        for ended in [pool.submit(station.run) for station in stations]:
            ended.result()


def _wrong(station: Station) -> list[str]:
    return [*station.store.problems(), *station.unreadable.values()]


def _report(stations: Sequence[Station], seconds: float) -> None:
    counts = [station.store.count() for station in stations]
    delivered = sum(count.delivered for count in counts)
    print(f"Terkirim: {delivered} · menunggu: {sum(count.waiting for count in counts)}", end=" · ")
    print(f"ditolak: {sum(count.refused for count in counts)}", end=" · ")
    print(f"berkas menunggu: {sum(count.files_waiting for count in counts)}")
    answers = sorted(second for station in stations for second in station.wire.seconds)
    if len(answers) > 1:
        p50, p99 = statistics.median(answers), statistics.quantiles(answers, n=100)[98]
        repeats = sum(station.wire.repeats for station in stations)
        print(
            f"{seconds:.1f} s · {delivered / seconds:.1f} perekaman/s · {len(answers)} jawaban, "
            f"median {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms · {repeats} diulang"
        )
    for station in stations:
        for line in _wrong(station):
            print(f"  {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
