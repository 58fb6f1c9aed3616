#include "faulty_disk.h"

#include <check.h>
#include <sqlite3.h>
#include <string.h>

const struct disk_fault disk_faults[DISK_FAULTS] = {
    {"disk full", WRITING, SQLITE_FULL},
    {"write error", WRITING, SQLITE_IOERR_WRITE},
    {"sync error", SYNCING, SQLITE_IOERR_FSYNC},
    {"read error", READING, SQLITE_IOERR_READ},
    {"short read", READING, SQLITE_IOERR_SHORT_READ},
};

/* SQLite's file methods get no context of their own: what is to fail stands here. */
static struct {
    const struct disk_fault *kind;
    int left; /* operations of that kind until the one that fails; 0: none will */
    bool hit;
} failing;

static bool fails_now(enum disk_operation operation)
{
    if (failing.left == 0 || failing.kind->operation != operation || --failing.left > 0)
        return false;
    failing.hit = true;
    return true;
}

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this */
};

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct faulty_file *)(void *)file)->real;
}

static int faulty_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int faulty_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset)
{
    if (!fails_now(READING))
        return real(file)->pMethods->xRead(real(file), buffer, size, offset);
    memset(buffer, 0, (size_t)size); /* as SQLite asks of a short read */
    return failing.kind->code;
}

static int faulty_write(sqlite3_file *file, const void *buffer, int size, sqlite3_int64 offset)
{
    if (!fails_now(WRITING))
        return real(file)->pMethods->xWrite(real(file), buffer, size, offset);
    if (failing.kind->code == SQLITE_FULL) /* what fits is written */
        (void)real(file)->pMethods->xWrite(real(file), buffer, size / 2, offset);
    return failing.kind->code;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails_now(WRITING) ? SQLITE_IOERR_TRUNCATE
                              : real(file)->pMethods->xTruncate(real(file), size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return fails_now(SYNCING) ? failing.kind->code : real(file)->pMethods->xSync(real(file), flags);
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int faulty_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int faulty_reserved(sqlite3_file *file, int *result)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int faulty_control(sqlite3_file *file, int operation, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int faulty_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int faulty_device(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int faulty_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
}

static int faulty_shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void faulty_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int faulty_unmap(sqlite3_file *file, int delete_it)
{
    return real(file)->pMethods->xShmUnmap(real(file), delete_it);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_reserved,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector,
    .xDeviceCharacteristics = faulty_device,
    .xShmMap = faulty_map,
    .xShmLock = faulty_shared_lock,
    .xShmBarrier = faulty_barrier,
    .xShmUnmap = faulty_unmap,
};

static sqlite3_vfs *machine, faulty;

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    struct faulty_file *opened = (struct faulty_file *)(void *)file;
    opened->real = (sqlite3_file *)(void *)(opened + 1);
    int code = machine->xOpen(machine, name, opened->real, flags, out);
    opened->base.pMethods = opened->real->pMethods != NULL ? &faulty_methods : NULL;
    return code;
}

void faulty_disk_install(void)
{
    machine = sqlite3_vfs_find(NULL);
    faulty = *machine;
    faulty.zName = "faulty";
    faulty.pNext = NULL;
    faulty.szOsFile += (int)sizeof(struct faulty_file);
    faulty.xOpen = faulty_open;
    ck_assert_int_eq(sqlite3_vfs_register(&faulty, 1), SQLITE_OK);
}

void faulty_disk_remove(void)
{
    ck_assert_int_eq(sqlite3_vfs_unregister(&faulty), SQLITE_OK);
    ck_assert_int_eq(sqlite3_vfs_register(machine, 1), SQLITE_OK);
}

void faulty_disk_arm(const struct disk_fault *kind, int nth)
{
    failing.kind = kind;
    failing.left = nth;
}

bool faulty_disk_was_hit(void)
{
    bool hit = failing.hit;
    failing.hit = false;
    return hit;
}
