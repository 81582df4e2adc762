/* A wrong clock for one process, which may jump while the process runs. To be preloaded.
 *
 * Debian's libfaketime 0.9.10 breaks clock_nanosleep, and with it every sleep of Python 3.11. Here nothing is touched
 * but the calendar: monotonic clocks, sleeps and time-outs stay as they are. The offset in nanoseconds is in a file of
 * eight bytes, which whoever starts the process may write at any moment.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;
static const volatile int64_t *offset = NULL;

/* From now on this process goes by the clock of a file; 0, or -1 when the file cannot be mapped. */
int chaos_clock(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    void *page = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED)
        return -1;
    offset = page;
    return 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);
    if (result == 0 && offset != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        int64_t wrong = now->tv_sec * SECOND + now->tv_nsec + *offset;
        now->tv_sec = wrong / SECOND;
        now->tv_nsec = wrong % SECOND;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *now)
{
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now != NULL)
        *now = precise.tv_sec;
    return precise.tv_sec;
}
