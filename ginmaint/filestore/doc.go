// Package filestore keeps the state in one JSON file: for the processes of one
// host, without a server. It is the default of an application that configures nothing.
//
//	mode, err := maintenance.Open(ctx, filestore.New("/var/lib/shop/maintenance_mode.json"))
//
// Keep the file outside of the release folder. A deploy that deletes or exchanges
// the folder takes the state with it, and hides processes of the old release from
// those of the new one.
//
// # The file
//
// It holds the public JSON of a maintenance.State, indented, and you may edit it.
// Only the level is required:
//
//	{"level": "on"}
//
// A save is atomic and durable. It writes and syncs a temporary file beside the
// state (its name ends in .tmp), renames it, and then syncs the folder, where the
// system can. A crash leaves the old file or the new one; the next save removes a
// temporary file that was left behind. Permissions are kept, the owner too where
// the system allows it, and a symbolic link is written through.
//
// Give all processes the same path, in a folder that they reach by the same
// mount. In a container, mount the folder, not the file: a file that is a mount
// point can't be replaced.
//
// # Edits by hand
//
// Every change of the content is a new document, with a revision above all known
// ones and a random ID of its own, whatever revision and ID the file says. The
// first process that notices assigns them, under a lock, and keeps them in the
// lock file, together with a hash of the content. What you wrote is never
// rewritten. So old content that is put back is a new document, too.
//
//   - A deleted file means off. Since many editors move a file aside before they
//     write it anew, it has to stay away for a quarter of a second.
//   - If the lock file is deleted with it (rm maintenance_mode.json*), nothing
//     changes: a service that was off stays off, and one that was on stays on.
//     Running processes write back what they know, and log that.
//   - If the lock file alone is deleted, the document counts as a new one.
//   - A file that is empty, has no level, or is no JSON is an error, also for
//     Save, which never destroys what you wrote. Correct it or delete it.
//   - A missing folder is an error.
//
// # Beside the file
//
//	maintenance_mode.json             the document
//	maintenance_mode.json.history     its last 100 changes, a JSON object on each line
//	maintenance_mode.json.lock        lock for all changes, and what is remembered of the document
//	maintenance_mode.json.replicas/   the roster: an entry for each replica
//	maintenance_mode.json.witness     on shared volumes: which roster was there last
//
// They are made when somebody switches, edits the file, or asks from another
// process which replicas there are (ginmaint replicas). Until then a running
// service writes nothing. The lock is held for about as long as the disk takes to
// sync. A process that is stopped at that moment (SIGSTOP) keeps the others waiting
// until their contexts end; a Load of a document that is already known needs no
// lock.
//
// # Which replicas live
//
// A drain must not pass over a process that still works, and should not wait for
// one that was killed. The kernel knows which is which. On Linux and macOS, in a
// folder on a local file system, each replica locks a byte of the folder itself,
// shared, from before its first load until it is removed or its process ends. That
// writes nothing. Others read the entries first, and then ask the kernel for locked
// bytes that belong to none of them. So:
//
//   - A replica that has no entry yet, because nobody had switched when it
//     started, is listed as "unlisted". It obeys nothing, so the drain waits. Once
//     the replica notices the switch, it writes its entry. A replica that locks its
//     byte after that look at the folder loads what was saved before.
//   - A process that is stopped (SIGSTOP) keeps its lock. The drain waits.
//   - The lock of a process that was killed is free, and its entry is removed.
//   - A replica whose entry was deleted by hand, with or without the roster, keeps
//     its lock, and writes another entry.
//   - A replica that is forgotten while its process lives keeps its entry, marked
//     as forgotten. No drain waits for it until it has joined again.
//
// # Folders that can't be written
//
// This is a mounted ConfigMap, a read-only file system, or a folder owned by root.
// Load and Watch work, also over links that Kubernetes exchanges. The revision is
// one above the one in the file, and grows with each change; if a process that may
// write has remembered the document, its revision and ID count. Save returns an
// error that says what to do.
//
// Such a process can't write an entry, but it locks its byte. So its Mode opens
// and logs one line. A drain by a process that may write lists it as "unlisted",
// and waits until it ends or is allowed to write. A drain of its own knows the
// replicas of its process, and waits for others that are not listed.
//
// # Shared volumes, and other systems
//
// On a file system that several hosts can mount (NFS, SMB, FUSE), and on systems
// without locks on folders (Windows, the BSDs), a replica writes its entry at once
// and locks a file beside it. There, one host or one mount may not see the locks of
// another. So a free lock is trusted only if the entry was made under the same
// start of the same kernel, and the same mount. Containers on one kernel share
// both, whatever process numbers they see. (Where there is no boot ID, the name of
// the host decides.) Entries of other hosts stay until a person removes them
// (ginmaint replicas forget). So do those from before a restart of this host:
// images copy machine IDs, so these don't tell two hosts apart. In a local folder a
// restart frees all locks.
//
// There a drain takes at least four seconds, in which replicas come back after
// their roster was deleted. The entry "unknown" stands for those that may not, until
// a person removes it. Where all of them are paused, and only newcomers look, these
// know of the loss by the witness. If the witness was deleted as well, a replica that is
// paused is missed: never delete these files while a service runs. In a folder that
// can't be written, Join returns an error. To follow the file there without being seen
// by drains, hide the roster:
//
//	mode, err := maintenance.Open(ctx, struct{ maintenance.Store }{store})
//
// Two hosts that share no lock and save at the same moment may overwrite each
// other. For a service on several hosts use a store that spans them.
//
// # Several accounts
//
// A file that root makes is given to the owner of its folder. If several accounts
// switch, give the folder a common group and use Permissions(0o664).
package filestore
