"""What do the file systems say of themselves, although one of them may never answer?"""

import os
import queue
import threading
from collections.abc import Callable, Sequence

Statvfs = Callable[[str], os.statvfs_result]
Answer = os.statvfs_result | str
Replies = queue.SimpleQueue[tuple[str, Answer]]

STUCK = "mountpoint timeout"


class Mounts:
    """Asks statvfs(2) of many paths in another thread; a path that hangs is left to hang, alone, until it answers."""

    def __init__(self, statvfs: Statvfs = os.statvfs, patience: float = 2.0) -> None:
        self._statvfs = statvfs
        self._patience = patience
        self._stuck: set[str] = set()
        self._lock = threading.Lock()

    def ask(self, paths: Sequence[str]) -> dict[str, Answer]:
        """For each path its statistics, or the reason (in lower case) why there are none."""
        answers: dict[str, Answer] = dict.fromkeys(paths, STUCK)
        waiting = [path for path in dict.fromkeys(paths) if path not in self._stuck]
        while waiting:
            replies = self._walk(waiting)
            answers |= replies
            # A walk ends early only at a path that holds it: the next walk begins behind that one.
            waiting = waiting[len(replies) + 1 :]
        return answers

    def _walk(self, paths: Sequence[str]) -> dict[str, Answer]:
        """The answers of the paths in turn, up to the first that takes longer than the patience."""
        replies: Replies = queue.SimpleQueue()
        threading.Thread(target=self._ask_each, args=(tuple(paths), replies), daemon=True).start()
        answers: dict[str, Answer] = {}
        for path in paths:
            reply = self._reply(path, replies)
            if reply is None:
                break
            answers[path] = reply[1]
        return answers

    def _reply(self, path: str, replies: Replies) -> tuple[str, Answer] | None:
        try:
            return replies.get(timeout=self._patience)
        except queue.Empty:
            with self._lock:
                # It may have come while this thread took the lock.
                if not replies.empty():
                    return replies.get()
                self._stuck.add(path)
                return None

    def _ask_each(self, paths: Sequence[str], replies: Replies) -> None:
        """One thread's walk; given up by its caller, it ends behind the path that held it."""
        for path in paths:
            answer = self._ask(path)
            with self._lock:
                replies.put((path, answer))
                if path in self._stuck:
                    self._stuck.remove(path)
                    return

    def _ask(self, path: str) -> Answer:
        try:
            return self._statvfs(path)
        except OSError as error:
            reason = error.strerror or str(error)
            return reason[:1].lower() + reason[1:]
