#!/bin/sh
# libcurl.sh FILE: makes a libcurl of Debian's source that speaks http and https alone, by GnuTLS, in a Debian that is for nothing
# else.
set -eu
file=$1
# Where the packages come from are their sources as well.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    case $list in
    *.sources) sed -i 's/^Types: deb$/Types: deb deb-src/' "$list" ;;
    *.list) [ ! -f "$list" ] || sed -i 's/^deb \(.*\)/&\ndeb-src \1/' "$list" ;;
    esac
done
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates dpkg-dev gcc libc6-dev make pkg-config libgnutls28-dev libidn2-dev >/dev/null
mkdir /curl
cd /curl
apt-get source -qq curl >/dev/null
cd curl-*/
without=
for protocol in dict file ftp gopher imap ldap ldaps mqtt pop3 rtsp smb smtp telnet tftp; do without="$without --disable-$protocol"; done
for library in brotli gssapi libpsl librtmp libssh2 nghttp2 zlib zstd; do without="$without --without-$library"; done
eval "$(dpkg-buildflags --export=sh)"
# shellcheck disable=SC2086
./configure --quiet --with-gnutls --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --disable-static --disable-manual $without
make -s -j "$(nproc)" -C lib
strip -o "$file" lib/.libs/libcurl.so.4
