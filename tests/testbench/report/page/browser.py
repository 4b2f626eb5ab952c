"""A headless Chromium that a test drives by the DevTools protocol, through a pipe."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

SECONDS = 120  # that an answer may take where others build


def is_installed():
    return shutil.which('chromium') is not None


class Browser:
    """One page. `messages`: what it wrote to the console and what it threw."""

    def __init__(self, width=1280, height=900):
        self.messages, self._events, self._buffer, self._number, self._session = [], [], b'', 0, None
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands, self._write_end = os.pipe()
        self._read_end, answers = os.pipe()
        # Chromium reads descriptor 3 and writes descriptor 4.
        arguments = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
                     '--remote-debugging-pipe', f'--user-data-dir={self._profile.name}', 'about:blank']
        self._process = subprocess.Popen(
            ['bash', '-c', f'exec 3<&{commands} 4>&{answers}; exec "$@"', 'bash', *arguments],
            pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        targets = self._send('Target.getTargets')['targetInfos']
        page = next(target['targetId'] for target in targets if target['type'] == 'page')
        self._session = self._send('Target.attachToTarget', targetId=page, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self._send(domain + '.enable')
        self.resize(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._write_end)
        self._process.terminate()
        self._process.wait(SECONDS)
        os.close(self._read_end)
        self._profile.cleanup()

    def _receive(self, deadline):
        while b'\0' not in self._buffer:
            ready, _, _ = select.select([self._read_end], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._read_end, 1 << 20) if ready else b''
            if not more:
                raise RuntimeError('Chromium ended' if ready else 'Chromium does not answer')
            self._buffer += more
        text, _, self._buffer = self._buffer.partition(b'\0')
        message = json.loads(text)
        name, details = message.get('method'), message.get('params')
        self._events.append(name)
        if name == 'Runtime.consoleAPICalled':
            self.messages.append(' '.join(str(word.get('value', word.get('description'))) for word in details['args']))
        if name == 'Runtime.exceptionThrown':
            thrown = details['exceptionDetails']
            self.messages.append(thrown.get('exception', {}).get('description', thrown['text']))
        if name == 'Log.entryAdded':
            self.messages.append(details['entry']['text'])
        return message

    def _send(self, method, **parameters):
        self._number += 1
        message = {'id': self._number, 'method': method, 'params': parameters}
        if self._session:
            message['sessionId'] = self._session
        os.write(self._write_end, json.dumps(message).encode() + b'\0')
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._receive(deadline)
            if answer.get('id') == self._number:
                if 'error' in answer:
                    raise RuntimeError(f'{method}: {answer["error"]}')
                return answer['result']

    def resize(self, width, height, dense=1):
        """`dense`: pixels of the screen that one of the page takes."""
        self._send('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=dense, mobile=False)

    def open(self, page, fragment=''):
        """A file, whole: its scripts have run."""
        for address in ('about:blank', page.resolve().as_uri() + fragment):  # a fragment alone would load nothing
            self._events.clear()
            self._send('Page.navigate', url=address)
            deadline = time.monotonic() + SECONDS
            while 'Page.loadEventFired' not in self._events:
                self._receive(deadline)

    def evaluate(self, expression):
        """The value of an expression, of a promise what it comes to."""
        answer = self._send('Runtime.evaluate', expression=expression, awaitPromise=True, returnByValue=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError(answer['exceptionDetails'].get('exception', {}).get('description', answer))
        return answer['result'].get('value')

    def press(self, key, code):
        """A key, by its name and its virtual code."""
        for kind in ('keyDown', 'keyUp'):
            self._send('Input.dispatchKeyEvent', type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, file, width=1100):
        """Of the whole page, in WebP."""
        self.resize(width, 900)
        self.settle()
        self.resize(width, self.evaluate('document.documentElement.scrollHeight'))
        self.settle()
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = self._send('Page.captureScreenshot', format='webp', quality=60)
        file.write_bytes(base64.b64decode(picture['data']))

    def settle(self):
        """Charts follow a new size in the frame after the next."""
        self.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))')
