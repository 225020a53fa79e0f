//! Keeps the C library's allocator small.
//!
//! glibc gives each thread an arena of its own, up to eight times the number of processors, and
//! returns little of them. A server whose threads allocate in turns then holds several times of what
//! it uses. Two arenas cost no measurable contention at the sizes that this program runs at.

/// Allows two arenas. To be called before the first thread starts; does nothing without glibc.
pub fn limit_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const ARENAS: libc::c_int = 2;
        #[expect(unsafe_code, reason = "the C library offers no other way")]
        // SAFETY: mallopt takes two integers by value and is called before any other thread runs.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) };
    }
}

/// Gives memory that is no longer used back to the system; does nothing without glibc. A start reads
/// and drops much more than it keeps, and the C library would hold on to it.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the C library offers no other way")]
        // SAFETY: malloc_trim takes an integer by value, may be called at any time and from any thread.
        let _ = unsafe { libc::malloc_trim(0) };
    }
}
