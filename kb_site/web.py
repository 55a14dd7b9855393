"""One web process of several: ``python -m kb_site.web NUMBER [--warm]`` serves from the listening socket with
this number. With ``--warm`` it first loads what answers need, so that nobody waits for it.
"""

import socket
import sys

import uvicorn


def main(number: int, *, warm: bool) -> None:
    from kb_site.asgi import application, warming

    if warm:
        warming.join()
    config = uvicorn.Config(
        application,
        http="h11",
        # A question of 10,000 Chinese characters in an address is 90 KB, and deserves an answer of ours.
        h11_max_incomplete_event_size=262_144,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=number)])


if __name__ == "__main__":
    main(int(sys.argv[1]), warm="--warm" in sys.argv)
