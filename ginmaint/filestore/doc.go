// Package filestore keeps the state in one JSON file: for the processes of one
// host, without a server. An application that configures nothing begins here.
//
//	mode, err := maintenance.Open(ctx, filestore.New("/var/lib/shop/maintenance_mode.json"))
//
// Keep the file outside of the release folder. A deploy that deletes or exchanges
// the folder takes the state with it, and hides processes of the old release from
// those of the new one.
//
// # The file
//
// It holds the public JSON of a maintenance.State, indented, and people may edit
// it. Only the level is required:
//
//	{"level": "on"}
//
// A save is atomic and durable: a temporary file beside it (its name ends in
// .tmp) is written and synced, takes the file's place, and then the folder is
// synced, where the system can. A crash leaves the old file or the new one; a
// temporary file left behind goes with the next save. Permissions are kept, so
// is the owner where the system allows it, and a symbolic link is written
// through.
//
// Give all processes the same path, in a folder that they reach by the same
// mount. In a container mount the folder, not the file: a file that is a mount
// point can't be replaced.
//
// # Edits by hand
//
// Every change of the content is a new document, with a revision above all that
// were known and a random ID of its own, whatever revision and ID stand in the
// file. The first process that notices assigns them, under a lock, and keeps
// them in the lock file, together with a hash of the content; what a person wrote
// is never rewritten. So an old content that is put back is a new document, too.
//
//   - A file that is deleted means off. Since many editors move a file aside
//     before they write it anew, it has to stay away for a quarter of a second.
//   - Where the lock file is deleted with it (rm maintenance_mode.json*), nothing
//     changes: a service that was off stays off, and one that was on stays on.
//     The processes that run write back what they know, and say so in the log.
//   - A file that is empty, has no level, or is no JSON is an error, also for
//     Save: nobody destroys what a person wrote. Correct it or delete it.
//   - A folder that is missing is an error.
//
// # Beside the file
//
//	maintenance_mode.json             the document
//	maintenance_mode.json.lock        lock of all that changes it, and what is remembered of it
//	maintenance_mode.json.replicas/   the roster: an entry for each replica
//
// They are made when somebody switches, or edits the file, or asks from another
// process who follows it (ginmaint replicas). Until then a service that runs
// writes nothing. Whoever deletes the lock file alone makes the document a new
// one. It is locked for about as long as the disk takes to sync. A process that
// is stopped in that moment (SIGSTOP) keeps the others waiting until their
// contexts end; a Load of a document that is already known needs no lock.
//
// # Who follows
//
// A drain must not pass over a process that still works, and should not wait for
// one that was killed. The kernel knows which is which. On Linux and macOS, in a
// folder on a local file system, each replica locks a byte of the folder itself,
// shared, from before its first load until it is removed or its process ends. That
// writes nothing. Others read the entries first, and then ask the kernel whether
// bytes are locked that belong to none of them. So
//
//   - a replica that has no entry yet, because nobody had switched when it
//     started, is listed as "unlisted", which obeys nothing: the drain waits. Once
//     it notices the switch, it writes its entry. Had it started after that look
//     at the folder, it would load what was saved before.
//   - a process that is stopped (SIGSTOP) keeps its lock. The drain waits.
//   - the lock of a process that was killed is free, and its entry goes.
//   - a replica whose entry was deleted by hand, with or without the roster, still
//     shows that it lives, and writes another.
//
// # Folders that can't be written
//
// A mounted ConfigMap, a read-only file system, a folder of root's: Load and
// Watch work, links exchanged by Kubernetes included. The revision is one above
// the one in the file, and grows with each change; where a process that may write
// has remembered the document, its revision and ID count. Save is an error that
// says what to do.
//
// Such a process can't write an entry, but it locks its byte. So its Mode opens
// and logs one line, and a drain by a process that may write lists it as
// "unlisted", and waits until it ends or is allowed to write. Its own drains know
// the replicas of their process, and wait for others that are not listed.
//
// # Shared volumes, and other systems
//
// On a file system that several hosts can mount (NFS, SMB, FUSE), and on systems
// that lock no folders (Windows, the BSDs), a replica writes its entry at once and
// locks a file beside it. There locks may be known to one host alone, or to one
// mount, so a free one is trusted only where the entry was made under the same
// start of the same kernel, and the same mount: containers on one kernel share
// both, whatever process numbers they see. (Where there is no boot ID, the name of
// the host decides.) Entries of other hosts stay until a person removes them
// (ginmaint replicas forget), and so do those from before a restart of this host:
// machine IDs come along with images, so they don't tell two hosts apart. In a
// local folder a restart frees all locks.
//
// There a drain takes four seconds at least, in which those come back whose roster
// was deleted, and the entry "unknown" stands for those who may not, until a
// person removes it. In a folder that can't be written, Join is an error. To
// follow the file there, unseen by any drain, hide the roster:
//
//	mode, err := maintenance.Open(ctx, struct{ maintenance.Store }{store})
//
// Two hosts that save in the same moment may overwrite each other where they share
// no lock. For a service on several hosts take a store that spans them.
//
// # Several accounts
//
// A file that root makes is given to the owner of its folder. Where several
// accounts switch, give the folder a common group and use
// Permissions(0o664).
package filestore
