package main

// This file links the command into the binary of its tests, which otherwise only
// call it. So go test never takes for cached what an earlier command answered.
