"""A kernel's manager and client that lose no time waiting: what jupyter_client does in fixed steps, done at once."""

import queue
import time
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type

#: Messages on the second channel come as soon as it is connected; it may be a moment late.
_CONNECTED_SECONDS = 0.2
_ASK_AGAIN_SECONDS = 1.0
_ENDED_SECONDS = 0.01


class PromptClient(AsyncKernelClient):
    """Is ready as soon as the kernel answers on both channels."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers; what it has said until then is for nobody.

        The library waits on for a fifth of a second in which nothing comes. Whoever reads the channels afterwards
        takes only what answers a request of its own.

        Args:
            timeout: seconds; for ever when left out.

        Raises:
            RuntimeError: the kernel has died, or does not answer.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answers():
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        self.kernel_info()
        try:
            reply: dict[str, Any] = await self.shell_channel.get_msg(timeout=_ASK_AGAIN_SECONDS)
            if reply["msg_type"] != "kernel_info_reply":
                return False
            await self.iopub_channel.get_msg(timeout=_CONNECTED_SECONDS)
        except queue.Empty:
            return False
        return True

    def stop_channels(self) -> None:
        """Stop them; what a kernel that has ended did not read is not waited for."""
        own, self._created_context = self._created_context, False
        super().stop_channels()
        if own:
            self.context.destroy(linger=0)


class PromptManager(AsyncKernelManager):
    """Notices at once that the kernel has ended."""

    client_factory = Type(PromptClient)

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = _ENDED_SECONDS, restart: bool = False
    ) -> None:
        await super()._async_finish_shutdown(waittime, pollinterval, restart)
