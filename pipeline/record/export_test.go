package record

// File is the seam between the writer and the disk.
type File = file

// OnDisk puts open in the place of the real disk.
func OnDisk(open func(path string, flag int) (File, error)) Option {
	return optionFunc(func(c *config) error {
		c.open = open
		return nil
	})
}

// OpenOwned is the real disk.
func OpenOwned(path string, flag int) (File, error) { return openOwned(path, flag) }
