"""``python -m registry.central.simulator``: start the simulated centre."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from registry.central.simulator.control import Control
from registry.central.simulator.server import Simulator
from registry.central.simulator.settings import BadSetting, Settings
from registry.central.simulator.store import StateTaken, Store

DEMO_TOKEN = "demo-token"  # noqa: S105  (the demo's token is public; settings refuse it elsewhere)
BACKLOG = 1024  # a crowd that comes at once waits at the door, not in front of the house
STOP_SECONDS = 2.0  # calls that are being served may finish; those of a silent outage never would


def main() -> int:
    """Run until SIGTERM or Ctrl-C; 1 with a sentence when it cannot start."""
    wished = _arguments()
    settings = Settings()
    try:
        settings.change({name: _value(text) for name, text in wished.set})
        return asyncio.run(_serve(wished, settings))
    except BadSetting as error:
        return _sorry(f"--set {error}")
    except StateTaken as error:
        return _sorry(f"The simulator cannot start: {error}.")


def _sorry(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The ministry's server, simulated.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file that outlives a restart")
    parser.add_argument("--ready-file", type=Path, help="its address is written here when it answers")
    parser.add_argument(
        "--set", action="append", default=[], type=lambda text: tuple(text.partition("=")[::2]),
        metavar="NAME=VALUE", help="turn a knob at the start; kept settings win",
    )  # fmt: skip
    return parser.parse_args()


def _value(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


async def _serve(wished: argparse.Namespace, settings: Settings) -> int:
    store = Store(wished.state)
    try:
        simulator = Simulator(
            store=store, token=os.environ.get("CENTRAL_TOKEN") or DEMO_TOKEN, settings=settings
        )
        app = simulator.application()
        Control(simulator).add_to(app)
        return await _listen(app, wished)
    finally:
        store.close()


async def _listen(app: web.Application, wished: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, wished.host, wished.port, backlog=BACKLOG).start()
    except OSError as error:
        await runner.cleanup()
        why = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
        return _sorry(f"The simulator cannot listen on {wished.host}:{wished.port}: {why}.")
    host, port = runner.addresses[0][:2]
    address = f"http://{host}:{port}"
    sys.stdout.write(f"The simulated centre answers at {address}\n")
    sys.stdout.flush()
    if wished.ready_file:
        fresh = wished.ready_file.with_suffix(".new")
        fresh.write_text(address, encoding="utf-8")
        fresh.replace(wished.ready_file)
    await stop.wait()
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(main())
