"""A real file system of 64 MiB, for the outside tests of what happens when it is small."""

import os
import subprocess
import time

import support

SIZE_MIB = 64
WAIT_SECONDS = 60


def make_disk(folder):
    """Mounts a file system of SIZE_MIB there; says of which kind, or why none can be mounted."""
    image = folder.with_suffix(".image")
    problems = []
    for kind, commands in (
            ("ext4", (["truncate", "-s", f"{SIZE_MIB}M", image], ["mkfs.ext4", "-q", image],
                      ["mount", "-o", "loop", image, folder])),
            ("tmpfs", (["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", folder],))):
        for command in commands:
            try:
                run = subprocess.run(command, capture_output=True, text=True, check=False)
            except FileNotFoundError as missing:
                problems.append(str(missing))
                break
            if run.returncode != 0:
                problems.append(run.stderr.strip())
                break
        else:
            return kind, ""
    return None, "; ".join(problems)


class DiskTest(support.ActorTest):
    """A test with a small disk of its own."""

    def setUp(self):
        super().setUp()
        disk = self.folder / "disk"
        disk.mkdir()
        kind, problem = make_disk(disk)
        if kind is None:
            self.skipTest(f"no file system of {SIZE_MIB} MiB can be mounted: {problem}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        print(f"a disk of {SIZE_MIB} MiB ({kind})", flush=True)
        self.disk = disk
        self.fillers = []

    def take_room(self, leave):
        """Somebody else uses the disk, all but so many bytes."""
        filler = self.disk / f"filler-{len(self.fillers)}"
        self.fillers.append(filler)
        free = os.statvfs(self.disk)
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - leave))

    def give_room(self):
        for filler in self.fillers:
            filler.unlink()
        self.fillers.clear()

    def wait_until(self, what, condition):
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)
