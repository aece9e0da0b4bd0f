/*
 * The engine's own global names begin with zc__, so that a program that is
 * linked with libzcopy.a may use the short ones.  (libzcopy.so hides both.)
 * The compiler includes this file first: see Makefile.am.  The files of system/
 * are compiled twice, with this for the engine and without for the program.
 */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#define block_device_size		zc__block_device_size
#define block_for_direct_io		zc__block_for_direct_io
#define confirm_doubts			zc__confirm_doubts
#define confirm_step			zc__confirm_step
#define cork_fits			zc__cork_fits
#define cork_insert			zc__cork_insert
#define cork_pull			zc__cork_pull
#define end_advance			zc__end_advance
#define end_finish			zc__end_finish
#define end_flush			zc__end_flush
#define end_inspect			zc__end_inspect
#define end_is_ready			zc__end_is_ready
#define end_offset			zc__end_offset
#define end_overlap			zc__end_overlap
#define end_peek			zc__end_peek
#define end_place			zc__end_place
#define end_position			zc__end_position
#define end_queued			zc__end_queued
#define end_read			zc__end_read
#define end_timeout			zc__end_timeout
#define end_waits_by_poll		zc__end_waits_by_poll
#define end_write			zc__end_write
#define end_writev			zc__end_writev
#define fallback_begin			zc__fallback_begin
#define fallback_none_left		zc__fallback_none_left
#define fallback_refused		zc__fallback_refused
#define filesystem_of			zc__filesystem_of
#define job_end_all			zc__job_end_all
#define job_fail			zc__job_fail
#define job_finish			zc__job_finish
#define job_next_active			zc__job_next_active
#define job_report			zc__job_report
#define job_report_moved		zc__job_report_moved
#define job_result_fits			zc__job_result_fits
#define job_settle			zc__job_settle
#define job_start			zc__job_start
#define job_transfer			zc__job_transfer
#define kind_of				zc__kind_of
#define loop_run			zc__loop_run
#define memory_filled			zc__memory_filled
#define memory_reserve			zc__memory_reserve
#define memory_room			zc__memory_room
#define method_copy_file_range		zc__method_copy_file_range
#define method_for			zc__method_for
#define method_get			zc__method_get
#define method_missing			zc__method_missing
#define method_mmap			zc__method_mmap
#define method_read_write		zc__method_read_write
#define method_reflink			zc__method_reflink
#define method_sendfile			zc__method_sendfile
#define method_splice			zc__method_splice
#define method_splice_direct		zc__method_splice_direct
#define motion_count			zc__motion_count
#define motion_method			zc__motion_method
#define motion_next			zc__motion_next
#define motion_step			zc__motion_step
#define nodisk_read			zc__nodisk_read
#define pieces_advance			zc__pieces_advance
#define pieces_set			zc__pieces_set
#define pieces_view			zc__pieces_view
#define pipe_grow			zc__pipe_grow
#define request_check_sink		zc__request_check_sink
#define request_has_range		zc__request_has_range
#define request_inspect			zc__request_inspect
#define request_read			zc__request_read
#define request_wrap			zc__request_wrap
#define sink_branch			zc__sink_branch
#define sink_cork			zc__sink_cork
#define sink_flush			zc__sink_flush
#define sink_has_all			zc__sink_has_all
#define sink_has_spilled		zc__sink_has_spilled
#define sink_keeps_back			zc__sink_keeps_back
#define sink_method			zc__sink_method
#define sink_room			zc__sink_room
#define sink_save			zc__sink_save
#define sink_settle			zc__sink_settle
#define sink_setup			zc__sink_setup
#define sink_store			zc__sink_store
#define sink_uncork			zc__sink_uncork
#define sink_write_pieces		zc__sink_write_pieces
#define socket_queue			zc__socket_queue
#define store_memory			zc__store_memory
#define store_pipe			zc__store_pipe
#define store_window			zc__store_window
#define store_write			zc__store_write
#define supply_bytes			zc__supply_bytes
#define supply_close_method		zc__supply_close_method
#define supply_count			zc__supply_count
#define supply_known_left		zc__supply_known_left
#define supply_put_back			zc__supply_put_back
#define supply_room			zc__supply_room
#define supply_save			zc__supply_save
#define supply_settle			zc__supply_settle
#define supply_take			zc__supply_take
#define supply_use			zc__supply_use
#define tcp_acknowledged		zc__tcp_acknowledged
#define tcp_unacknowledged		zc__tcp_unacknowledged
#define tcp_was_connected		zc__tcp_was_connected
#define total_leave_position		zc__total_leave_position
#define total_sum_up			zc__total_sum_up
#define wait_allows			zc__wait_allows
#define wait_flush			zc__wait_flush
#define wait_for_any			zc__wait_for_any
#define wait_is_overdue			zc__wait_is_overdue
#define wait_note			zc__wait_note
#define wait_over			zc__wait_over
#define wait_renew			zc__wait_renew

#endif
