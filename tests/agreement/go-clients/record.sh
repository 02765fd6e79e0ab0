#!/bin/sh
# Records what the real go-libvirt and Terraform provider make of the URIs of
# libvirt-11.3.jsonl: `sh record.sh WORK > ../go-clients.jsonl`.
#
# WORK holds: `go-libvirt` and `provider`, clones of digitalocean/go-libvirt and
# dmacvicar/terraform-provider-libvirt; `gocode`, the Go sources of golang.org/x/crypto, x/sys
# and github.com/kevinburke/ssh_config, as Debian's golang-*-dev packages have them below
# /usr/share/gocode. `go` is in PATH (1.24).
set -eu
work=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
src=$build/src
mkdir -p "$src/github.com/digitalocean/go-libvirt" "$src/tf08/uri" "$src/tf09/dialers" \
    "$src/github.com/hashicorp/terraform-plugin-log/tflog" "$src/ask"
git -C "$work/go-libvirt" archive 273eaa3218194a0366d4c9a731a386a8ab6b6126 |
    tar x -C "$src/github.com/digitalocean/go-libvirt"
for file in connection_uri ssh tcp tls unix; do
    git -C "$work/provider" show "v0.8.3:libvirt/uri/$file.go" >"$src/tf08/uri/$file.go"
done
for file in dialer factory sshcmd; do
    git -C "$work/provider" show "v0.9.7:internal/libvirt/dialers/$file.go" >"$src/tf09/dialers/$file.go"
done
# What is private there is made public, and a log that nobody reads is left out.
cat >"$src/github.com/digitalocean/go-libvirt/ask.go" <<'GO'
package libvirt

import (
	"net/url"

	"github.com/digitalocean/go-libvirt/socket"
)

func DialerForURI(uri *url.URL) (socket.Dialer, error) { return dialerForURI(uri) }
GO
cat >"$src/tf08/uri/ask.go" <<'GO'
package uri

func (u *ConnectionURI) Transport() string { return u.transport() }
GO
cat >"$src/tf09/dialers/ask.go" <<'GO'
package dialers

func (d *SSHCmd) Program() string     { return d.sshBin }
func (d *SSHCmd) Arguments() []string { return d.buildSSHArgs() }
GO
cat >"$src/github.com/hashicorp/terraform-plugin-log/tflog/tflog.go" <<'GO'
package tflog

import "context"

func Error(context.Context, string, ...map[string]any) {}
func Warn(context.Context, string, ...map[string]any)  {}
GO
cp "$here/main.go" "$src/ask/main.go"
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS=-trimpath GOCACHE="$build/cache" GOPATH="$build:$work/gocode"
go build -o "$build/ask-clients" ask
chmod 755 "$build"
python3 - "$here/../libvirt-11.3.jsonl" <<'PY' |
import base64, json, sys
seen = set()
for line in open(sys.argv[1]):
    uri = json.loads(line)["uri"]
    raw = uri.encode() if isinstance(uri, str) else base64.b64decode(uri["base64"])
    if raw not in seen:
        seen.add(raw)
        sys.stdout.buffer.write(raw + b"\0")
PY
    setpriv --reuid 54321 --regid 54321 --clear-groups env -i HOME=/home/user USER=user PATH=/bin "$build/ask-clients"
