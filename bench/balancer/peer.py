# The work of bench/balancer.ts by stem and Debian's Onionbalance. Reads a line of JSON for each task and answers with one:
# {"ms": [time of each repetition]}. Started with PYTHONPATH set to where peers.ts unpacked them; the inputs lie in files.
import datetime
import io
import json
import logging
import sys
import time

import stem
import stem.descriptor.microdescriptor
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from onionbalance.hs_v3 import consensus as ob_consensus
from onionbalance.hs_v3 import descriptor as ob_descriptor
from onionbalance.hs_v3 import hashring
from onionbalance.hs_v3.onionbalance import my_onionbalance
from stem.descriptor.hidden_service import HiddenServiceDescriptorV3

logging.disable(logging.CRITICAL)


class Tor:
    """What Onionbalance asks of its tor, from files."""

    def __init__(self, folder):
        with open(folder + '/consensus') as file:
            self.consensus = file.read()
        with open(folder + '/microdescs', 'rb') as file:
            self.microdescs = file.read()
        self.controller = self

    def get_md_consensus(self):
        return self.consensus

    def get_microdescriptors(self):
        return stem.descriptor.microdescriptor._parse_file(io.BytesIO(self.microdescs))


def read_text(path):
    with open(path) as file:
        return file.read()


def timed(repeat, work):
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return {'ms': times}


def decode(task):
    """As Onionbalance takes a descriptor: no signature is checked."""
    text = read_text(task['path'])

    def work():
        inner = HiddenServiceDescriptorV3.from_str(text).decrypt(task['address'])
        assert len(inner.introduction_points) == task['points']

    return timed(task['repeat'], work)


def check_certificate(certificate, signer):
    assert certificate.signing_key() == signer
    signed = certificate.pack()
    Ed25519PublicKey.from_public_bytes(signer).verify(signed[-64:], signed[:-64])


def decode_verified(task):
    """Every signature checked, by what stem has for it and by OpenSSL where it has nothing."""
    text = read_text(task['path']).encode()

    def work():
        descriptor = HiddenServiceDescriptorV3.from_str(text, validate=True)
        inner = descriptor.decrypt(task['address'])
        signer = descriptor.signing_cert.key
        check_certificate(descriptor.signing_cert, descriptor.signing_cert.signing_key())
        for point in inner.introduction_points:
            check_certificate(point.auth_key_cert, signer)
            check_certificate(point.enc_key_cert, signer)
        assert len(inner.introduction_points) == task['points']

    return timed(task['repeat'], work)


def build(task):
    """A descriptor with the points of several workers, so many seconds after the shared-random run began."""
    identity = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(task['seed']))
    workers = [
        ob_descriptor.ReceivedDescriptor(read_text(one['path']), one['address']) for one in task['workers']
    ]
    points = [point for worker in workers for point in worker.get_intro_points()][:task['points']]
    assert len(points) == task['points']

    class Consensus:
        def get_start_time_of_previous_srv_run(self):
            return int(time.time()) - task['elapsed']

    my_onionbalance.consensus = Consensus()
    nonce = bytes.fromhex(task['nonce'])
    made = []

    def work():
        made.append(ob_descriptor.OBDescriptor(task['address'], identity, nonce, points, True))

    times = timed(task['repeat'], work)
    text = str(made[-1].v3_desc)
    return {**times, 'text': text}


def ring(task):
    """From the documents of the control port to the ring of one descriptor."""
    my_onionbalance.controller = Tor(task['folder'])

    def work():
        my_onionbalance.consensus = ob_consensus.Consensus()
        indexes = sorted(hashring._get_hash_ring_for_descriptor(True))
        assert len(indexes) == task['members'], len(indexes)

    return timed(task['repeat'], work)


tasks = {'decode': decode, 'decode-verified': decode_verified, 'build': build, 'ring': ring}
print(json.dumps({'stem': stem.__version__, 'python': sys.version.split()[0]}), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    print(json.dumps(tasks[task['do']](task)), flush=True)
