"""Signing on all cores beside an event loop."""

import asyncio
import threading

import pytest
from dkim_mail import AT, DOMAIN, key_called, messages, variant

from digest.delivery.dkim.signing import Signer, SigningPool
from digest.errors import IntegrityError


@pytest.fixture(scope="module")
def sign():
    return Signer(DOMAIN, [key_called("s201807")]).prepare(variant(), AT).sign


@pytest.fixture(scope="module")
def letters():
    return messages(61)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 61])
def test_many_messages_get_the_signatures_they_would_get_one_by_one_in_order(sign, letters, count):
    with SigningPool(4) as pool:
        assert asyncio.run(pool.sign_many(sign, letters[:count])) == [sign(letter) for letter in letters[:count]]


def test_one_message_is_a_future(sign, letters):
    with SigningPool() as pool:
        assert pool.submit(sign, letters[0]).result(timeout=60) == sign(letters[0])


def test_several_batches_are_under_way_while_the_event_loop_goes_on(sign, letters):
    async def work(pool):
        gate = threading.Event()

        def held(message):
            assert gate.wait(60)
            return sign(message)

        first = asyncio.create_task(pool.sign_many(held, letters[:8]))
        second = await pool.sign_many(sign, letters[8:16])
        assert not first.done()
        gate.set()
        return await first + second

    with SigningPool(2) as pool:
        assert asyncio.run(work(pool)) == [sign(letter) for letter in letters[:16]]


def test_as_many_threads_sign_at_once_as_were_asked_for(letters):
    meeting = threading.Barrier(3, timeout=60)

    def met(_message):
        meeting.wait()
        return threading.current_thread().name.encode()

    with SigningPool(3) as pool:
        futures = [pool.submit(met, letters[0]) for _ in range(3)]
        assert len({future.result(timeout=60) for future in futures}) == 3


def test_a_message_that_cannot_be_signed_is_the_callers_to_know(sign, letters):
    with SigningPool() as pool, pytest.raises(IntegrityError, match="no empty line"):
        asyncio.run(pool.sign_many(sign, [*letters[:20], b"From: a", *letters[20:]]))


def test_who_leaves_early_waits_for_nothing_but_what_is_under_way(sign, letters):
    started, gate = threading.Event(), threading.Event()

    def held(message):
        started.set()
        assert gate.wait(60)
        return sign(message)

    def leave():
        with SigningPool(1) as pool:
            futures.extend(pool.submit(held, letter) for letter in letters)
            assert started.wait(60)
            futures[-1].add_done_callback(lambda _cancelled: gate.set())
            raise InterruptedError

    futures = []
    with pytest.raises(InterruptedError):
        leave()
    assert futures[0].done()
    assert not futures[0].cancelled()
    assert sum(future.cancelled() for future in futures) == len(letters) - 1
