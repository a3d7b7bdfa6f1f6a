// Package filestore keeps the state in one JSON file: for the processes of one
// host, without a server. It is where an application begins that configures
// nothing.
//
//	mode, err := maintenance.Open(ctx, filestore.New(filestore.DefaultPath))
//
// # The file
//
// It holds the public JSON of a maintenance.State, indented, and people may
// edit it. Only the level is required:
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
// All processes must be given the same path, not two links to one file, on a
// file system whose locks they share: a local disk. In a container mount the
// folder, not the file: a file that is a mount point can't be replaced.
//
// # Edits by hand
//
// Every change of the content is a new document, with a revision above all
// that were known and a random ID of its own, whatever revision and ID stand in
// the file. The first process that notices assigns them, under a lock, and
// keeps them in the lock file, together with a hash of the content; what a
// person wrote is never rewritten. So an old content that is put back is a new
// document as well.
//
//   - A file that is deleted means off. Since many editors move a file aside
//     before they write it anew, it has to stay away for a quarter of a second.
//   - A file that is empty, has no level, or is no JSON is an error, also for
//     Save: nobody destroys what a person wrote. Correct it or delete it.
//   - Where the lock file is gone too, and this process knew a document, that is
//     an error: it looks like a volume that is not mounted. So is a missing
//     folder. Nobody is let in by that.
//
// As long as nobody ever switched, looking writes nothing.
//
// # Beside the file
//
//	maintenance_mode.json             the document
//	maintenance_mode.json.lock        lock of all that changes it, and what is remembered of it
//	maintenance_mode.json.replicas/   the roster: an entry for each replica, locked by its process
//
// The lock file stays; whoever deletes it makes the document a new one. It is
// held for about as long as the disk takes to sync. A process that is stopped
// in that moment (SIGSTOP) keeps the others waiting until their contexts end; a
// Load of a document that is already known needs no lock, and goes on.
//
// # The roster
//
// A replica's entry is locked by its process, and the kernel frees the lock
// when the process ends, in whatever way. So Replicas deletes an entry without
// a lock: nothing runs there any more. A process that is stopped keeps its
// lock, and stays listed. Nothing else expires. Where the folder is deleted,
// those who live join again, and the entry "unknown" stands for those who may
// not, until a person removes it.
//
// # Folders that can't be written to
//
// A mounted ConfigMap, or a read-only file system: Load and Watch work, links
// exchanged by Kubernetes included. The revision is the one in the file, or 1,
// and grows with each change that this process sees; the ID follows from
// content and revision. Where another process may write and has remembered the
// document, its revision and ID count. Save and Join return an error, for a
// roster that the others can't see would prove nothing. Such an application
// follows the file without a roster, and then drains itself alone:
//
//	store := filestore.New("/etc/shop/maintenance_mode.json")
//	mode, err := maintenance.Open(ctx, struct{ maintenance.Store }{store})
//
// # Several accounts
//
// A file that root makes is given to the owner of its folder. Where several
// accounts switch, give the folder a common group and use
// Permissions(0o664).
package filestore
