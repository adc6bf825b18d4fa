#!/bin/sh
# Brings what a command needs: Node packages, and the Debian packages of the groups named as arguments.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.tearless-setup
if [ ! -x node_modules/.bin/node ] || ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$stamp"
fi
