#!/bin/sh
# deb.sh VERSION FOLDER: packs build/crmock and what make install has beside it as a Debian package into the folder. The same
# source, built by the same packages, makes the same bytes: every file has the time SOURCE_DATE_EPOCH.
set -eu
version=$1 folder=$2 place=build/deb
root=$place/root doc=$place/root/usr/share/doc/crmock
umask 022
rm -rf "$place"
mkdir -p "$folder" "$root/DEBIAN" "$doc"
make --no-print-directory -s install DESTDIR="$root" PREFIX=/usr
strip --strip-all "$root/usr/bin/crmock"
find "$root/usr/share/man" -type f -exec gzip -9 -n {} +
install -m 644 README.md "$doc"
cp -R docs "$doc/docs"
install -m 644 docker/package/copyright "$doc/copyright"
when=$(date -u -R -d "@$SOURCE_DATE_EPOCH")
maintainer=$(sed -n 's/^Maintainer: //p' docker/package/control.in)
printf 'crmock (%s) stable; urgency=medium\n\n  * Packed from the source of that version.\n\n -- %s  %s\n' "$version" "$maintainer" "$when" |
    gzip -9 -n >"$doc/changelog.Debian.gz"

# What the program is linked with, and libcurl, which it loads when there are webhooks.
mkdir "$place/debian"
printf 'Source: crmock\n\nPackage: crmock\nArchitecture: any\n' >"$place/debian/control"
depends=$(cd "$place" && dpkg-shlibdeps -O root/usr/bin/crmock | sed -n 's/^shlibs:Depends=//p')
curl=$(dpkg-query --search '*/libcurl-gnutls.so.4' | sed 's/:.*//')
[ -n "$depends" ] && [ -n "$curl" ]
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" -e "s/@DEPENDS@/$depends, $curl/" \
    -e "s/@SIZE@/$(cd "$root" && find usr -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')/" \
    docker/package/control.in >"$root/DEBIAN/control"
find "$place/root" -type d -exec chmod 755 {} +
find "$place/root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$folder/crmock_${version}_$(dpkg --print-architecture).deb" >/dev/null
echo "$folder/crmock_${version}_$(dpkg --print-architecture).deb"
