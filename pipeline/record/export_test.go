package record

// File is the seam between the writer and the disk.
type File = file

// OnDisk puts create in the place of the real disk.
func OnDisk(create func(path string) (File, error)) Option {
	return optionFunc(func(c *config) error {
		c.create = create
		return nil
	})
}

// CreateOwned is the real disk.
func CreateOwned(path string) (File, error) { return createOwned(path) }
