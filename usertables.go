package quadraw

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/quadraw/quadraw/demosaic"
)

// userTables are the trained filters of users that the jobs of a batch share:
// they take longer to read than a small frame takes to develop.
type userTables struct {
	mu     sync.Mutex
	byName map[string]*demosaic.Tables // by the names of their files
}

// read reads files of trained filters, once.
func (u *userTables) read(names []string) (*demosaic.Tables, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := strings.Join(names, "\x00")
	if t := u.byName[key]; t != nil {
		return t, nil
	}
	var readers []io.Reader
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, &InputError{Name: name, Err: err}
		}
		readers = append(readers, bytes.NewReader(data))
	}
	t, err := demosaic.ReadTables(readers...)
	if err != nil {
		return nil, &InputError{Name: strings.Join(names, ", "), Err: err}
	}
	if u.byName == nil {
		u.byName = make(map[string]*demosaic.Tables)
	}
	u.byName[key] = t
	return t, nil
}
