#!/bin/sh
# root.sh CRMOCK LIBCURL ROOT WRITABLE: lays out what an image has: in ROOT what nobody changes, in WRITABLE the folders that
# crmock may write to, for another owner.
set -eu
crmock=$1 libcurl=$2 root=$3 writable=$4
install -D -s -m 755 "$crmock" "$root/usr/bin/crmock"

# All that the loader will look for, and itself. libcurl is loaded once there are webhooks, so the program does not tell of it.
ldd "$crmock" "$libcurl" | awk '$2 == "=>" { print $3 } NF == 2 && $1 ~ /^\/.*ld-/ { print $1 }' | sort -u | while read -r library; do
    install -D -m 755 "$library" "$root$library"
done
install -m 755 "$libcurl" "$root$(dirname "$(ldd "$crmock" | awk '$1 == "libc.so.6" { print $3 }')")/libcurl.so.4"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/share"
cp -a /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/posix"
# Names of a network that are aliases stand in one or the other.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

# A first start leaves a copy of what the fixtures made. It ends with its standard input, at once.
"$crmock" --port 0 --cache "$root/usr/share/crmock" --exit-with-stdin </dev/null >/dev/null
gzip -9 -n "$root"/usr/share/crmock/*.snapshot
chmod 644 "$root"/usr/share/crmock/*.snapshot.gz
chmod 755 "$root/usr/share/crmock"

mkdir -p "$writable/data/tls" "$writable/tmp"
chmod 1777 "$writable/tmp"
