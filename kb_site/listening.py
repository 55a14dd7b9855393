"""The address of the site, taken once for all of its web processes."""

import socket

from django.core.management import CommandError


def listen(host: str, port: int) -> socket.socket:
    """A socket that whoever shares it may accept from. Raises ``CommandError`` where nobody can listen
    there."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OverflowError as error:
        door.close()
        raise CommandError(f"There is no port {port}. Choose one from 1 to 65535.") from error
    except OSError as error:
        door.close()
        raise CommandError(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            f"Stop what uses it, or choose another: make run PORT={port + 1}"
        ) from error
    return door
