// The tearless.yaml that a fleet starts with: an empty one that explains itself, or an example of a fleet. Pure.

/** The JSON Schema beside the file, for editors (`tearless config schema`). */
export const schemaFileName = 'tearless.schema.json';

const editorLine = `# yaml-language-server: $schema=${schemaFileName}`;

/** @param fleet a name as the schema takes it */
export const renderFirstConfig = (fleet: string): string => `${editorLine}
# What this fleet shall be. 'tearless plan' shows how the hosts differ from it, 'tearless apply' changes them.
version: 1
fleet: ${fleet}

# Machines that run relays. 'tearless host add NAME --address ADDRESS' sets one up and writes it here.
hosts: {}

# Relays as HOST/INSTANCE: tor@INSTANCE.service on that host. 'tearless adopt --write' reads what runs there and fills in
# relays, allocators and settings, so that the first plan is empty.
relays: []

# An allocator is name + version + build-id: a plan refuses a host that would load another.
# allocators:
#   jemalloc:
#     version: 5.3.0
#     package: { name: libjemalloc2, version: 5.3.0-1 }   # installed if missing, then held
#     library: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
#     buildIds: [1d5163c246dc9cd2b4d339f2ac42efd95c6e0ae1]   # Debian 12, amd64

# What the selected relays shall be; later entries win. Selectors: *, host=h1, h1/a*, label=value; a,b a&b !a
# settings:
#   - { select: "*", allocator: { jemalloc: 90%, glibc: 10% } }
#   - { select: "host=h1", torrc: { MaxMemInQueues: 2 GB } }

# How restarts roll: one relay first, then a tenth, then halves. These are the defaults.
# restart: { serial: [1, 10%, 50%], maxFail: 0, soak: 60s, weightDown: 10%, hsDirLoss: 20% }
`;

/** A fleet of one host and two relays in ten lines. */
export const renderExampleConfig = (fleet: string): string => `${editorLine}
version: 1
fleet: ${fleet}
hosts:
  h1: { address: h1.example.org }
relays: [h1/alpha, h1/beta]
allocators:
  jemalloc: { version: 5.3.0, package: { name: libjemalloc2, version: 5.3.0-1 }, library: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2, buildIds: [1d5163c246dc9cd2b4d339f2ac42efd95c6e0ae1] }
settings:
  - { select: "*", allocator: jemalloc }
`;
